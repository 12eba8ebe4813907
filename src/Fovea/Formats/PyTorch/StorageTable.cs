namespace Fovea.Formats.PyTorch;

/// <summary>
/// The storages that a pickle refers to. A reference is a tuple: 'storage', the storage's type, its key, the device, its number of
/// elements, and in the older format a view: None, or the view's key, first element and number of elements.
/// </summary>
internal sealed class StorageTable
{
    private readonly Dictionary<string, PickleStorage> _storages = new(StringComparer.Ordinal);
    private readonly List<(PickleStorage View, PickleStorage Root, long Offset)> _views = [];

    /// <summary>The storages that lie in the file as wholes.</summary>
    public IReadOnlyDictionary<string, PickleStorage> Storages => _storages;

    /// <summary>Finds the storage of a reference; null where the reference is malformed or contradicts an earlier one.</summary>
    public PickleStorage? Find(object? reference)
    {
        if (reference is not object?[] parts
            || parts is not ["storage", AllowedGlobal { ElementType: { } type }, string key, _, long count, .. object?[] rest]
            || count < 0)
        {
            return null;
        }

        if (!_storages.TryGetValue(key, out PickleStorage? storage))
        {
            _storages.Add(key, storage = new PickleStorage(key, type, count));
        }
        else if (storage.ElementType != type || storage.Count != count)
        {
            return null;
        }

        return rest switch
        {
            [] or [null] => storage,
            [object?[] and [_, long offset, long size]] => View(storage, offset, size),
            _ => null,
        };
    }

    /// <summary>Sets where the views lie, once the storages are located.</summary>
    public void LocateViews()
    {
        foreach ((PickleStorage view, PickleStorage root, long offset) in _views)
        {
            view.Start = root.Start + (offset * root.ElementType.Size());
        }
    }

    private PickleStorage? View(PickleStorage root, long offset, long count)
    {
        if (offset < 0 || count < 0 || offset > root.Count || count > root.Count - offset)
        {
            return null;
        }

        PickleStorage view = new(root.Key, root.ElementType, count);
        _views.Add((view, root, offset));
        return view;
    }
}
