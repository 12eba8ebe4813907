namespace Fovea.Formats.PyTorch;

// A pickle's other values are .NET's own: null, bool, long, double, string, BigInteger, object?[] for a tuple, List<object?> for a list or
// a set.

/// <summary>A dictionary of a pickle, or an object seen as one (argparse.Namespace). Entries stand in the file's order.</summary>
/// <param name="isNamespace">True if the entries are an object's attributes, which arrive as its state.</param>
internal sealed class PickleDictionary(bool isNamespace = false)
{
    /// <summary>True if the entries are an object's attributes, which arrive as its state.</summary>
    public bool IsNamespace { get; } = isNamespace;

    /// <summary>The keys and values. Without hashing: the keys of a hostile file could collide, and names are compared later.</summary>
    public List<KeyValuePair<object?, object?>> Entries { get; } = [];
}

/// <summary>
/// A value that is known to be harmless and of no use here: bytes, a numpy array, a device, a path. What it holds is not kept.
/// </summary>
internal sealed class PickleOpaque
{
    /// <summary>The only one there is.</summary>
    public static readonly PickleOpaque Instance = new();

    private PickleOpaque()
    {
    }
}

/// <summary>A value of a type that is not on the closed list: it is not built, and what belongs to it is dropped.</summary>
/// <param name="Type">Module and name of the type, or of a function that would make it.</param>
internal sealed record PickleSkipped(string Type);

/// <summary>A run of elements in the file, outside of the pickle. Many tensors may look at one.</summary>
/// <param name="Key">The name by which the pickle calls it.</param>
/// <param name="ElementType">The type of its elements.</param>
/// <param name="Count">Number of elements according to the pickle.</param>
internal sealed record PickleStorage(string Key, SafeTensorType ElementType, long Count)
{
    /// <summary>Offset of the elements in bytes from the start of the file; known once the storages are located.</summary>
    public long Start { get; set; }
}

/// <summary>A tensor as the pickle describes it, unchecked: a view of a storage.</summary>
/// <param name="Storage">The elements.</param>
/// <param name="ElementType">Their type.</param>
/// <param name="Offset">The first element in the storage.</param>
/// <param name="Shape">The sizes, slowest first.</param>
/// <param name="Strides">For each size, the distance of neighbours, in elements.</param>
internal sealed record PickleTensor(PickleStorage Storage, SafeTensorType ElementType, long Offset, long[] Shape, long[] Strides);
