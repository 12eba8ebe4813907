namespace Fovea.Fuzz;

/// <summary>One reader of the library under bytes that nobody vouches for.</summary>
/// <param name="Name">Name of the target, and of its folder in the corpus.</param>
/// <param name="FileName">Name that the bytes get as a file.</param>
/// <param name="Repair">Wraps or mends the bytes, so that check sums and lengths do not keep every mutation out.</param>
/// <param name="Read">Reads the file.</param>
internal sealed record FuzzTarget(string Name, string FileName, Func<byte[], byte[]> Repair, Action<string> Read)
{
    private static readonly string _folder = Directory.CreateDirectory(Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"fovea-fuzz-{Environment.ProcessId}")).FullName;

    /// <summary>All targets.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("checkpoint", "file.pth", bytes => bytes, Readers.Checkpoint),
        new("pickle", "file.pth", Repairs.PickleInArchive, Readers.Checkpoint),
        new("safetensors", "file.safetensors", bytes => bytes, Readers.Checkpoint),
        new("header", "file.safetensors", Repairs.HeaderInSafetensors, Readers.Checkpoint),
        new("metadata", "file.safetensors", Repairs.MetadataInSafetensors, Readers.ModelInfo),
        new("config", "config.json", bytes => bytes, Readers.RunConfiguration),
        new("metrics", "metrics.jsonl", bytes => bytes, Readers.Metrics),
        new("image", "file", Repairs.PngChecksums, Readers.Image),
        new("tar", "set.tar", Repairs.TarChecksums, Readers.Dataset),
        new("tar-gz", "set.tar.gz", Repairs.Compressed, Readers.Dataset),
        new("zip", "set.zip", bytes => bytes, Readers.Dataset),
        new("idx", "train-images-idx3-ubyte", bytes => bytes, Readers.IdxFolder),
    ];

    /// <summary>Finds a target.</summary>
    /// <param name="name">Name of the target.</param>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static FuzzTarget Named(string name) =>
        All.FirstOrDefault(target => target.Name == name) ?? throw new ArgumentException($"There is no target '{name}'.", nameof(name));

    /// <summary>Reads mutated bytes; only the library's documented errors are caught.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The message of a documented error, or "read".</returns>
    public string Try(byte[] bytes)
    {
        // A reader looks for its file's neighbours, too, so each target has a folder.
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, Name)).FullName, FileName);
        File.WriteAllBytes(path, Repair(bytes));
        try
        {
            Read(path);
            return "read";
        }
        catch (FoveaException error)
        {
            return error.Message;
        }
    }

    /// <summary>Removes the files of all targets.</summary>
    public static void Clean() => Directory.Delete(_folder, recursive: true);
}
