namespace Fovea.Formats.PyTorch;

/// <summary>
/// An open checkpoint of PyTorch (.pth, .pt, .pt.tar, .bin), of either format that torch.save has written. Nothing in it is executed: what
/// its pickle may build is a closed list of plain data. The file is mapped into memory, and a tensor's values are copied only when they are
/// asked for. Reading from many threads at once is safe; disposing while others read is not.
/// </summary>
internal sealed class PyTorchFile : ICheckpointSource, IDisposable
{
    private const string Damage = "The file is damaged or was not written by torch.save: fetch or write it again.";

    private const int MaxSkipped = 16;

    private readonly MappedFile _file;
    private readonly OrderedDictionary<string, StridedTensor> _tensors;

    private PyTorchFile(MappedFile file)
    {
        _file = file;
        ParseBudget guard = new(file.Path, file.Length, Damage);
        TensorNames names = TensorNames.Of(ReadRoot(file, guard), guard);
        _tensors = names.Tensors;
        Tensors = new OrderedDictionary<string, TensorInfo>(
            _tensors.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Info)), StringComparer.Ordinal);
        StateDicts = StateDict.Candidates(this, names.Dictionaries);
        Skipped = [.. names.Skipped.Select(value => value.Path.Length > 0 ? $"{value.Path} ({value.Type})" : value.Type).Take(MaxSkipped)];
        if (StateDicts.Count == 0 && names.Skipped is [var (_, type), ..])
        {
            throw AllowedGlobals.NotAllowed(file.Path, type);
        }
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <summary>All tensors by name, in the file's order. A name joins the keys on the way to the tensor by dots.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>
    /// The dictionaries of tensors that may be a model's weights, in the order in which they would be chosen: the first one is the default.
    /// </summary>
    public IReadOnlyList<StateDict> StateDicts { get; }

    /// <summary>Values that were passed over because their type is not on the closed list, by key path with the type.</summary>
    public IReadOnlyList<string> Skipped { get; }

    IEnumerable<TensorInfo> ICheckpointSource.TensorInfos => Tensors.Values;

    /// <summary>Opens a file and checks all that it says of its tensors.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">
    /// The file does not exist, cannot be read, is damaged, lies, or holds nothing but what is not on the closed list.
    /// </exception>
    public static PyTorchFile Open(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            return new PyTorchFile(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Chooses a model's weights among the dictionaries of tensors.</summary>
    /// <param name="keyPath">The keys on the way to it, joined by dots, such as model_ema; null for the default.</param>
    /// <exception cref="InvalidFileException">There is no such dictionary, or none at all.</exception>
    public StateDict ChooseStateDict(string? keyPath = null) => StateDict.Choose(this, StateDicts, keyPath);

    /// <inheritdoc/>
    public TensorInfo Info(string name) =>
        Tensors.TryGetValue(name, out TensorInfo? info) ? info : throw CheckpointErrors.NoTensor(Path, name);

    /// <inheritdoc/>
    public void ReadFloats(string name, Span<float> destination)
    {
        StridedTensor tensor = Find(name, destination.Length);
        tensor.Read(_file, destination, TensorElements.ToFloats);
    }

    /// <inheritdoc/>
    public void ReadInt64s(string name, Span<long> destination)
    {
        StridedTensor tensor = Find(name, destination.Length);
        CheckpointErrors.CheckIntegers(Path, tensor.Info);
        tensor.Read(_file, destination, TensorElements.ToInt64s);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>The error of a file that was written on a big-endian machine.</summary>
    internal static InvalidFileException BigEndian(string path) => new(
        path,
        "it was written on a machine that stores numbers with their high byte first",
        "Load and save it in PyTorch on another machine.");

    private static object? ReadRoot(MappedFile file, ParseBudget guard)
    {
        ReadOnlySpan<byte> start = file.Slice(0, (int)Math.Min(file.Length, ForeignFile.Looked));
        if (start.StartsWith("PK"u8))
        {
            return ZipFormat.Read(file, guard);
        }

        if (start.StartsWith([(byte)PickleOpcode.Protocol]))
        {
            return LegacyFormat.Read(file, guard);
        }

        throw ForeignFile.Recognize(file.Path, start) ?? guard.Damaged(
            $"its {file.Length} bytes begin neither as a zip archive nor as a pickle, the two formats of torch.save");
    }

    private StridedTensor Find(string name, int count)
    {
        StridedTensor tensor = _tensors.TryGetValue(name, out StridedTensor? found) ? found : throw CheckpointErrors.NoTensor(Path, name);
        CheckpointErrors.CheckCount(Path, tensor.Info, count);
        return tensor;
    }
}
