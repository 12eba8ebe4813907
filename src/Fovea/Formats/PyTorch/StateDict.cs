namespace Fovea.Formats.PyTorch;

/// <summary>
/// One dictionary of tensors of a checkpoint, seen as a checkpoint of its own: the keys that lead to it are left out of the names, and so
/// are the prefixes of PyTorch's wrappers (module. of DataParallel, _orig_mod. of torch.compile) where all names have them. Valid while its
/// file is open.
/// </summary>
public sealed class StateDict : ICheckpointSource
{
    private const string Backbone = "backbone.";
    private const int MaxListed = 10;

    // The names under which training scripts keep the weights, the usual ones first. Averaged weights are only chosen when they are asked
    // for.
    private static readonly string[] _usual = ["model", "state_dict", "model_state_dict"];
    private static readonly string[] _wrappers = ["module.", "_orig_mod."];

    private readonly ICheckpointSource _source;
    private readonly int _prefixLength;
    private readonly Lazy<OrderedDictionary<string, string>> _fullNames;

    private StateDict(ICheckpointSource source, string keyPath, IReadOnlyList<string> fullNames)
    {
        _source = source;
        KeyPath = keyPath;
        Count = fullNames.Count;
        Wrapper = WrapperOf(fullNames, keyPath.Length == 0 ? 0 : keyPath.Length + 1);
        _prefixLength = (keyPath.Length == 0 ? 0 : keyPath.Length + 1) + Wrapper.Length;
        _fullNames = new(() => new(fullNames.Select(name => KeyValuePair.Create(name[_prefixLength..], name)), StringComparer.Ordinal));
    }

    /// <summary>The keys that lead to the dictionary, joined by dots; empty for the outermost.</summary>
    public string KeyPath { get; }

    /// <summary>The prefix of wrappers that all names had and that is left out; mostly empty.</summary>
    public string Wrapper { get; }

    /// <summary>The number of tensors.</summary>
    public int Count { get; }

    /// <inheritdoc/>
    public string Path => _source.Path;

    /// <inheritdoc/>
    public IEnumerable<TensorInfo> TensorInfos => _fullNames.Value.Keys.Select(Info);

    /// <summary>All of a checkpoint's tensors as one dictionary.</summary>
    /// <param name="source">The checkpoint.</param>
    public static StateDict Whole(ICheckpointSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new StateDict(source, string.Empty, [.. source.TensorInfos.Select(info => info.Name)]);
    }

    /// <inheritdoc/>
    public TensorInfo Info(string name) => _source.Info(FullName(name)) with { Name = name };

    /// <inheritdoc/>
    public void ReadFloats(string name, Span<float> destination) => _source.ReadFloats(FullName(name), destination);

    /// <inheritdoc/>
    public void ReadInt64s(string name, Span<long> destination) => _source.ReadInt64s(FullName(name), destination);

    /// <summary>
    /// The dictionaries that may be a model's weights: the usual names first, then the others (the outermost one before its equals) by
    /// their number of tensors, then the backbones in them.
    /// </summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="dictionaries">Its dictionaries by key path, each with the full names of its tensors.</param>
    internal static IReadOnlyList<StateDict> Candidates(ICheckpointSource source, IReadOnlyDictionary<string, List<string>> dictionaries)
    {
        StateDict[] wholes = [.. dictionaries
            .Select(dictionary => new StateDict(source, dictionary.Key, dictionary.Value))
            .OrderBy(whole => Array.IndexOf(_usual, whole.KeyPath) is >= 0 and int rank ? rank : _usual.Length)
            .ThenByDescending(whole => whole.Count)
            .ThenBy(whole => whole.KeyPath.Length)];
        return [.. wholes, .. wholes.Select(whole => whole.BackboneIn(dictionaries[whole.KeyPath])).OfType<StateDict>()];
    }

    /// <summary>Chooses among the candidates, or any other part of the names.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="candidates">What <see cref="Candidates"/> gave.</param>
    /// <param name="keyPath">The key path; null for the first candidate.</param>
    /// <exception cref="InvalidFileException">There is nothing of that name, or no candidate.</exception>
    internal static StateDict Choose(ICheckpointSource source, IReadOnlyList<StateDict> candidates, string? keyPath)
    {
        if (keyPath is null)
        {
            return candidates.Count > 0 ? candidates[0] : throw new InvalidFileException(
                source.Path,
                "it holds no dictionary of tensors",
                "Save the model's weights in PyTorch: torch.save(model.state_dict(), 'weights.pth').");
        }

        if (candidates.FirstOrDefault(candidate => candidate.KeyPath == keyPath) is { } chosen)
        {
            return chosen;
        }

        string[] below =
        [
            .. source.TensorInfos.Select(info => info.Name).Where(name => name.StartsWith(keyPath + ".", StringComparison.Ordinal)),
        ];
        return below.Length > 0 ? new StateDict(source, keyPath, below) : throw new InvalidFileException(
            source.Path,
            $"it has no tensors under '{keyPath}'",
            [
                new Remedy.ChooseWeights(
                    [.. candidates.Select(candidate => candidate.KeyPath).Where(path => path.Length > 0).Take(MaxListed)]),
            ]);
    }

    private StateDict? BackboneIn(List<string> fullNames)
    {
        string[] below = [.. fullNames.Where(name => name.AsSpan(_prefixLength).StartsWith(Backbone))];
        return below.Length > 0 ? new StateDict(_source, below[0][..(_prefixLength + Backbone.Length - 1)], below) : null;
    }

    private static string WrapperOf(IReadOnlyList<string> names, int start)
    {
        int end = start;
        while (names.Count > 0 && Array.Find(_wrappers, wrapper => names.All(name => name.AsSpan(end).StartsWith(wrapper))) is { } shared)
        {
            end += shared.Length;
        }

        return names.Count > 0 ? names[0][start..end] : string.Empty;
    }

    private string FullName(string name) =>
        _fullNames.Value.TryGetValue(name, out string? full) ? full : throw CheckpointErrors.NoTensor(Path, name);
}
