namespace Fovea.Formats;

/// <summary>What a checkpoint says about one tensor.</summary>
/// <param name="Name">The tensor's name, unique in the checkpoint.</param>
/// <param name="ElementType">The type of the stored elements.</param>
/// <param name="Shape">The sizes, slowest first; empty for a scalar.</param>
public record TensorInfo(string Name, SafeTensorType ElementType, IReadOnlyList<int> Shape)
{
    /// <summary>The number of elements.</summary>
    public long Count { get; } = Shape.Aggregate(1L, (product, size) => product * size);
}
