namespace Fovea.Engine.Graph;

/// <summary>The shape and element type of a value.</summary>
/// <param name="Shape">Extent along each axis.</param>
/// <param name="ElementType">Type of the elements.</param>
public sealed record TensorType(Shape Shape, ElementType ElementType = ElementType.Float32)
{
    /// <summary>The size of one element in bytes.</summary>
    public int ElementBytes => ElementType == ElementType.UInt8 ? 1 : 4;

    /// <summary>The size of the whole value in bytes.</summary>
    public long Bytes => Shape.Elements * ElementBytes;
}
