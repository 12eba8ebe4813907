namespace Fovea.Layers;

/// <summary>
/// Interpolation of a position embedding or relative position bias to another image size: one or two neighbouring axes are resampled like
/// an image, half a pixel in and without smoothing; axes in front are separate maps, axes behind are channels.
/// </summary>
/// <param name="Interpolation">Interpolation between neighbouring entries.</param>
/// <param name="Axis">First axis that is resized.</param>
/// <param name="Axes">Number of axes that are resized, 1 or 2.</param>
public sealed record PositionInterpolation(Interpolation Interpolation, int Axis, int Axes)
{
    /// <summary>True if an embedding of one shape can be resized to another.</summary>
    public bool Fits(Shape from, Shape to) =>
        from.Rank == to.Rank && Enumerable.Range(0, from.Rank).All(axis => IsResized(axis) || from[axis] == to[axis]);

    /// <summary>Resizes an embedding.</summary>
    /// <param name="embedding">The embedding.</param>
    /// <param name="shape">Shape of the result.</param>
    /// <exception cref="ShapeException">The shapes differ in other axes.</exception>
    public Value Apply(Value embedding, Shape shape)
    {
        if (!Fits(embedding.Shape, shape))
        {
            throw new ShapeException($"a position embedding of shape {embedding.Shape} cannot be resized to {shape}");
        }

        Shape from = embedding.Shape;
        Value map = embedding.Reshape(
            [Extent(from, 0, Axis), from[Axis], Axes == 2 ? from[Axis + 1] : 1, Extent(from, Axis + Axes, from.Rank)]);
        return map.Resize(Interpolation, shape[Axis], Axes == 2 ? shape[Axis + 1] : 1).Reshape(shape);
    }

    private bool IsResized(int axis) => axis >= Axis && axis < Axis + Axes;

    private static int Extent(Shape shape, int first, int last)
    {
        int extent = 1;
        for (int axis = first; axis < last; axis++)
        {
            extent *= shape[axis];
        }

        return extent;
    }
}
