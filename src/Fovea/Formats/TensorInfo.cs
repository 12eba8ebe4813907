namespace Fovea.Formats;

/// <summary>Description of one tensor in a checkpoint.</summary>
/// <param name="Name">The tensor's name, unique in the checkpoint.</param>
/// <param name="ElementType">The type of the stored elements.</param>
/// <param name="Shape">The sizes, slowest first; empty for a scalar.</param>
public record TensorInfo(string Name, SafeTensorType ElementType, IReadOnlyList<int> Shape)
{
    /// <summary>The number of elements.</summary>
    public long Count { get; } = Product(Shape);

    private static long Product(IReadOnlyList<int> sizes)
    {
        long product = 1;
        foreach (int size in sizes)
        {
            product *= size;
        }

        return product;
    }
}
