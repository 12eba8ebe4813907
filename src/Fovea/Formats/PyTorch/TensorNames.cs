using System.Globalization;

namespace Fovea.Formats.PyTorch;

/// <summary>
/// Finds the tensors in what a pickle described and names them by the keys on the way to them, joined by dots: 'model.head.weight',
/// 'optimizer.state.0.exp_avg'.
/// </summary>
internal sealed class TensorNames
{
    private const int DeepestNesting = 64;

    private readonly ParseBudget _guard;
    private readonly OrderedDictionary<string, StridedTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _shallow = new(StringComparer.Ordinal);
    private readonly HashSet<object> _withoutTensors = new(ReferenceEqualityComparer.Instance);
    private readonly List<object> _way = [];

    private TensorNames(ParseBudget guard) => _guard = guard;

    /// <summary>The tensors by name, in the file's order.</summary>
    public OrderedDictionary<string, StridedTensor> Tensors => _tensors;

    /// <summary>
    /// The dictionaries at most two keys deep that hold tensors: by their name (empty for the outermost), the names of those tensors.
    /// </summary>
    public IReadOnlyDictionary<string, List<string>> Dictionaries => _shallow;

    /// <summary>Values that were passed over, by key path with the type; the outermost has an empty path.</summary>
    public List<(string Path, string Type)> Skipped { get; } = [];

    /// <summary>Names the tensors below a value.</summary>
    /// <exception cref="InvalidFileException">Two have one name, one is impossible, or the value contains itself.</exception>
    public static TensorNames Of(object? root, ParseBudget guard)
    {
        TensorNames names = new(guard);
        if (root is PickleTensor tensor)
        {
            names.Add("tensor", tensor);
        }
        else if (root is PickleSkipped skipped)
        {
            names.Skipped.Add((string.Empty, skipped.Type));
        }
        else
        {
            names.Walk(string.Empty, root);
        }

        return names;
    }

    /// <summary>Adds the tensors below a value; false where it holds none.</summary>
    private bool Walk(string path, object? value)
    {
        if (value is not (PickleDictionary or List<object?> or object?[]) || _withoutTensors.Contains(value))
        {
            return false;
        }

        _guard.CheckAllocation();
        if (_way.Count == DeepestNesting || _way.Contains(value))
        {
            string problem = _way.Count == DeepestNesting ? $"is nested more than {DeepestNesting} deep" : "contains itself";
            throw _guard.Damaged($"the value {ExceptionText.Quote(path)} {problem}");
        }

        _way.Add(value);
        bool found = value is PickleDictionary dictionary ? WalkEntries(path, dictionary) : WalkItems(path, (IList<object?>)value);
        _way.RemoveAt(_way.Count - 1);
        if (!found)
        {
            // Remembered, because values may be shared: what holds no tensor is looked at once, however often it is reached.
            _withoutTensors.Add(value);
        }

        return found;
    }

    private bool WalkEntries(string path, PickleDictionary dictionary)
    {
        bool found = false;
        for (int i = 0; i < dictionary.Entries.Count; i++)
        {
            (object? key, object? value) = dictionary.Entries[i];
            if (value is PickleTensor tensor)
            {
                string name = Join(path, KeyText(key, i));
                Add(name, tensor);
                if (_way.Count <= 3)
                {
                    AddTo(path, name);
                }

                found = true;
            }
            else if (value is PickleSkipped skipped)
            {
                Skipped.Add((Join(path, KeyText(key, i)), skipped.Type));
            }
            else if (value is PickleDictionary or List<object?> or object?[])
            {
                found |= Walk(Join(path, KeyText(key, i)), value);
            }
        }

        return found;
    }

    private bool WalkItems(string path, IList<object?> items)
    {
        bool found = false;
        for (int i = 0; i < items.Count; i++)
        {
            if (items[i] is PickleTensor tensor)
            {
                Add(Join(path, i.ToString(CultureInfo.InvariantCulture)), tensor);
                found = true;
            }
            else if (items[i] is PickleSkipped skipped)
            {
                Skipped.Add((Join(path, i.ToString(CultureInfo.InvariantCulture)), skipped.Type));
            }
            else if (items[i] is PickleDictionary or List<object?> or object?[])
            {
                found |= Walk(Join(path, i.ToString(CultureInfo.InvariantCulture)), items[i]);
            }
        }

        return found;
    }

    private void Add(string name, PickleTensor tensor)
    {
        if (!_tensors.TryAdd(name, StridedTensor.Check(name, tensor, _guard)))
        {
            throw _guard.Damaged($"two tensors have the name {ExceptionText.Quote(name)}");
        }
    }

    private void AddTo(string path, string name)
    {
        if (!_shallow.TryGetValue(path, out List<string>? names))
        {
            _shallow.Add(path, names = []);
        }

        names.Add(name);
    }

    private string Join(string path, string key)
    {
        _guard.CheckAllocation(sizeof(char) * (path.Length + (long)key.Length));
        return path.Length == 0 ? key : $"{path}.{key}";
    }

    private static string KeyText(object? key, int index) => key switch
    {
        string text => text,
        long number => number.ToString(CultureInfo.InvariantCulture),
        bool truth => truth ? "True" : "False",
        _ => $"#{index}",
    };
}
