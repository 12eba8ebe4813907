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

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">The file does not exist, cannot be read, is damaged, or is of another format.</exception>
    public static CheckpointFile Open(string path)
    {
        if (!IsSafeTensors(path))
        {
            PyTorchFile pickled = PyTorchFile.Open(path);
            return new CheckpointFile(pickled, "PyTorch", pickled.StateDicts);
        }

        SafeTensorsFile file = SafeTensorsFile.Open(path);
        Dictionary<string, List<string>> whole = new() { [""] = [.. file.Tensors.Keys] };
        return new CheckpointFile(file, "safetensors", StateDict.Candidates(file, whole));
    }

    /// <summary>Chooses a dictionary, or any other part of the names.</summary>
    /// <param name="keyPath">The keys on the way to it, joined by dots, such as model_ema; null for the first candidate.</param>
    /// <exception cref="InvalidFileException">There is nothing of that name, or no candidate.</exception>
    public StateDict Choose(string? keyPath = null) => StateDict.Choose(_source, StateDicts, keyPath);

    /// <summary>Closes the file.</summary>
    public void Dispose() => (_source as IDisposable)?.Dispose();

    /// <summary>Tells whether a file is of safetensors, by its first bytes.</summary>
    /// <remarks>
    /// The first 8 bytes are then a length of the header that fits into the file, and the 9th is its brace. Where neither format matches,
    /// the extension decides which format's error is reported.
    /// </remarks>
    private static bool IsSafeTensors(string path)
    {
        using MappedFile file = MappedFile.Open(path);
        ReadOnlySpan<byte> start = file.Slice(0, (int)Math.Min(file.Length, 9));
        if (start.Length == 9
            && start[8] == '{'
            && BinaryPrimitives.ReadInt64LittleEndian(start) is > 0 and long length
            && length <= file.Length - 8)
        {
            return true;
        }

        return System.IO.Path.GetExtension(path) == ".safetensors"
            && !start.StartsWith("PK"u8)
            && !start.StartsWith([(byte)PickleOpcode.Protocol]);
    }
}
