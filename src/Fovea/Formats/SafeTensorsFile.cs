namespace Fovea.Formats;

/// <summary>
/// An open safetensors file. The file is mapped into memory, so opening costs nothing and a tensor's values are copied (and converted) only
/// when they are asked for. Reading from many threads at once is safe; disposing while others read is not.
/// </summary>
public sealed class SafeTensorsFile : ICheckpointSource, IDisposable
{
    // What kernels may read, and ignore, behind the end of a tensor.
    private const int ReadableBehind = 64;
    private readonly MappedFile _file;

    private SafeTensorsFile(MappedFile file)
    {
        SafeTensorsHeader header = SafeTensorsHeader.Read(file);
        Metadata = header.Metadata;
        Tensors = header.Tensors;
        _file = file;
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <summary>The text entries of the metadata; empty where the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorInfo> Tensors { get; }

    IEnumerable<TensorInfo> ICheckpointSource.TensorInfos => Tensors.Values;

    /// <summary>Opens a file and checks its header against its size.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">The file does not exist, cannot be read, is damaged, or its header lies.</exception>
    public static SafeTensorsFile Open(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            return new SafeTensorsFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Gives the description of one tensor.</summary>
    /// <exception cref="InvalidFileException">The file has no tensor of that name.</exception>
    public SafeTensorInfo Info(string name) =>
        Tensors.TryGetValue(name, out SafeTensorInfo? info) ? info : throw CheckpointErrors.NoTensor(Path, name);

    TensorInfo ICheckpointSource.Info(string name) => Info(name);

    /// <inheritdoc/>
    public void ReadFloats(string name, Span<float> destination)
    {
        SafeTensorInfo info = Info(name);
        TensorElements.ToFloats(Values(info, destination.Length), info.ElementType, destination);
    }

    /// <summary>
    /// Gives a tensor's values where they lie in the file, valid until it is closed; false where they are not 32-bit floating point numbers
    /// that a processor can read there, or end so near the file's end that nothing readable follows.
    /// </summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="values">The values, in row-major order.</param>
    /// <exception cref="InvalidFileException">The file has no tensor of that name.</exception>
    internal bool TryInPlace(string name, out ReadOnlyMemory<float> values)
    {
        SafeTensorInfo info = Info(name);
        bool readable = BitConverter.IsLittleEndian
            && info.ElementType == SafeTensorType.F32
            && info.ByteCount <= int.MaxValue
            && info.Offset % sizeof(float) == 0
            && info.Offset + info.ByteCount + ReadableBehind <= _file.Length;
        values = readable ? _file.Floats(info.Offset, (int)info.Count) : default;
        return readable;
    }

    /// <inheritdoc/>
    public void ReadInt64s(string name, Span<long> destination)
    {
        SafeTensorInfo info = Info(name);
        ReadOnlySpan<byte> bytes = Values(info, destination.Length);
        CheckpointErrors.CheckIntegers(Path, info);
        TensorElements.ToInt64s(bytes, info.ElementType, destination);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private ReadOnlySpan<byte> Values(SafeTensorInfo info, int count)
    {
        CheckpointErrors.CheckCount(Path, info, count);
        if (info.ByteCount > int.MaxValue)
        {
            throw new InvalidFileException(
                Path,
                $"tensor '{info.Name}' takes {info.ByteCount} bytes, more than the 2 GiB that can be read at once",
                "Split the tensor.");
        }

        return _file.Slice(info.Offset, (int)info.ByteCount);
    }
}
