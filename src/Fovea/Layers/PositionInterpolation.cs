namespace Fovea.Layers;

/// <summary>
/// How a table that belongs to an image size (position codes, relative biases) is carried to another: one or two neighbouring axes are resampled
/// like an image, half a pixel in and without smoothing; axes in front are separate maps, axes behind are channels.
/// </summary>
/// <param name="Interpolation">What lies between the table's entries.</param>
/// <param name="Axis">The first axis that is resized.</param>
/// <param name="Axes">How many are: 1 or 2.</param>
public sealed record PositionInterpolation(Interpolation Interpolation, int Axis, int Axes)
{
    /// <summary>Whether a table of one shape can become one of another.</summary>
    public bool Fits(Shape from, Shape to) => from.Rank == to.Rank && Enumerable.Range(0, from.Rank).All(axis => IsResized(axis) || from[axis] == to[axis]);

    /// <summary>The table at another shape.</summary>
    /// <exception cref="ShapeException">The shapes differ in other axes.</exception>
    public Value Apply(Value table, Shape shape)
    {
        if (!Fits(table.Shape, shape))
        {
            throw new ShapeException($"a table of shape {table.Shape} cannot be resized to {shape}");
        }

        Value map = table.Reshape([Extent(table.Shape, 0, Axis), table.Shape[Axis], Axes == 2 ? table.Shape[Axis + 1] : 1, Extent(table.Shape, Axis + Axes, table.Shape.Rank)]);
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
