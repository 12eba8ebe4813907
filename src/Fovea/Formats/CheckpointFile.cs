using System.Buffers.Binary;
using Fovea.Formats.PyTorch;

namespace Fovea.Formats;

/// <summary>
/// An open checkpoint of either format, told by its content, not by its name: safetensors, or what torch.save writes. It may hold several
/// dictionaries of tensors. Reading from many threads at once is safe; disposing while others read is not.
/// </summary>
public sealed class CheckpointFile : IDisposable
{
    private readonly ICheckpointSource _source;

    private CheckpointFile(ICheckpointSource source, string format, IReadOnlyList<StateDict> stateDicts)
    {
        _source = source;
        Format = format;
        StateDicts = stateDicts;
    }

    /// <summary>The file's name, as given.</summary>
    public string Path => _source.Path;

    /// <summary>The format in words.</summary>
    public string Format { get; }

    /// <summary>All tensors, whatever dictionary they are in.</summary>
    public IEnumerable<TensorInfo> Tensors => _source.TensorInfos;

    /// <summary>The dictionaries that may be a model's weights, in the order in which they would be chosen.</summary>
    public IReadOnlyList<StateDict> StateDicts { get; }

    /// <summary>The file as safetensors, for its metadata; null for the other format.</summary>
    public SafeTensorsFile? SafeTensors => _source as SafeTensorsFile;

    /// <summary>
    /// Values beside the weights that were passed over, such as <c>ema (my_project.Ema)</c>: of types that are not on the closed list of
    /// what a checkpoint may hold. They were not built, and nothing was run.
    /// </summary>
    public IReadOnlyList<string> Skipped => (_source as PyTorchFile)?.Skipped ?? [];

    /// <summary>Opens a file, or all files of an index (<c>model.safetensors.index.json</c>).</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">
    /// The file does not exist, cannot be read, is damaged, or is of another format; the message says which where its content tells.
    /// </exception>
    public static CheckpointFile Open(string path)
    {
        ICheckpointSource source = OpenSource(path, indexAllowed: true);
        if (source is PyTorchFile pickled)
        {
            return new CheckpointFile(pickled, "PyTorch", pickled.StateDicts);
        }

        Dictionary<string, List<string>> whole = new() { [""] = [.. source.TensorInfos.Select(info => info.Name)] };
        string format = source is ShardedCheckpoint ? "an index of several files" : "safetensors";
        return new CheckpointFile(source, format, StateDict.Candidates(source, whole));
    }

    /// <summary>Chooses a dictionary, or any other part of the names.</summary>
    /// <param name="keyPath">The keys on the way to it, joined by dots, such as model_ema; null for the first candidate.</param>
    /// <exception cref="InvalidFileException">There is nothing of that name, or no candidate.</exception>
    public StateDict Choose(string? keyPath = null) => StateDict.Choose(_source, StateDicts, keyPath);

    /// <summary>Closes the file.</summary>
    public void Dispose() => (_source as IDisposable)?.Dispose();

    private static ICheckpointSource OpenSource(string path, bool indexAllowed)
    {
        switch (FormatOf(path, indexAllowed))
        {
            case FileFormat.Index:
                return ShardedCheckpoint.Open(path, part => OpenSource(part, indexAllowed: false));
            case FileFormat.SafeTensors:
                return SafeTensorsFile.Open(path);
            default:
                return PyTorchFile.Open(path);
        }
    }

    /// <summary>Tells a file's format by its first bytes.</summary>
    /// <remarks>
    /// The first 8 bytes of safetensors are a length of the header that fits into the file, and the 9th is its brace. Where no format
    /// matches, and the file is nothing else that is known, the extension decides which format's error is reported.
    /// </remarks>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    private static FileFormat FormatOf(string path, bool indexAllowed)
    {
        using MappedFile file = MappedFile.Open(path);
        ReadOnlySpan<byte> start = file.Slice(0, (int)Math.Min(file.Length, ForeignFile.Looked));
        if (start.Length >= 9
            && start[8] == '{'
            && BinaryPrimitives.ReadInt64LittleEndian(start) is > 0 and long length
            && length <= file.Length - 8)
        {
            return FileFormat.SafeTensors;
        }

        if (start.StartsWith("PK"u8) || start.StartsWith([(byte)PickleOpcode.Protocol]))
        {
            return FileFormat.PyTorch;
        }

        if (indexAllowed && ShardedCheckpoint.IsIndex(path, start))
        {
            return FileFormat.Index;
        }

        if (ForeignFile.Recognize(path, start) is InvalidFileException foreign)
        {
            throw foreign;
        }

        return System.IO.Path.GetExtension(path) == ".safetensors" ? FileFormat.SafeTensors : FileFormat.PyTorch;
    }

    private enum FileFormat
    {
        SafeTensors,
        PyTorch,
        Index,
    }
}
