namespace Fovea.Engine.Graph.Operations;

/// <summary>How a reduction joins elements.</summary>
public enum ReductionKind
{
    /// <summary>The sum.</summary>
    Sum,

    /// <summary>The mean.</summary>
    Mean,

    /// <summary>The largest; where several are equal they share the gradient.</summary>
    Max,
}

/// <summary>Joins the elements along neighbouring axes; the axes stay with extent 1.</summary>
/// <param name="Kind">How.</param>
/// <param name="FirstAxis">The outermost axis that is reduced.</param>
/// <param name="Axes">How many neighbouring axes are reduced.</param>
public sealed record Reduction(ReductionKind Kind, int FirstAxis, int Axes) : Operation
{
    /// <inheritdoc/>
    public override string Details => Axes == 1 ? $"axis {FirstAxis}" : $"axes {FirstAxis}…{FirstAxis + Axes - 1}";

    /// <inheritdoc/>
    public override string Name => $"Reduce{Kind}";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        Shape shape = inputs[0].Shape;
        Require(
            FirstAxis >= 0 && Axes >= 1 && FirstAxis + Axes <= shape.Rank,
            () => $"axes {FirstAxis}…{FirstAxis + Axes - 1} are not all there in {shape}");
        int[] axes = shape.ToArray();
        axes.AsSpan(FirstAxis, Axes).Fill(1);
        return [new TensorType(Shape.Create(axes))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value x = node.Inputs[0];
        Value dy = outputGradients[0]!;
        switch (Kind)
        {
            case ReductionKind.Sum:
                return [dy.BroadcastTo(x.Shape)];
            case ReductionKind.Mean:
                return [(dy * ((float)dy.Shape.Elements / x.Shape.Elements)).BroadcastTo(x.Shape)];
            default:
                Value largest = x.Graph.Apply(new Binary(BinaryKind.Equal), x, node.Outputs[0]);
                Value share = dy / x.Graph.Apply(this with { Kind = ReductionKind.Sum }, largest);
                return [largest * share];
        }
    }
}

/// <summary>Reductions as methods on values.</summary>
public static class ReductionExtensions
{
    /// <summary>The sum along neighbouring axes, which stay with extent 1.</summary>
    public static Value Sum(this Value x, int firstAxis, int axes = 1) => x.Graph.Apply(new Reduction(ReductionKind.Sum, firstAxis, axes), x);

    /// <summary>The mean along neighbouring axes, which stay with extent 1.</summary>
    public static Value Mean(this Value x, int firstAxis, int axes = 1) => x.Graph.Apply(new Reduction(ReductionKind.Mean, firstAxis, axes), x);

    /// <summary>The largest along neighbouring axes, which stay with extent 1.</summary>
    public static Value Max(this Value x, int firstAxis, int axes = 1) => x.Graph.Apply(new Reduction(ReductionKind.Max, firstAxis, axes), x);

    /// <summary>Sums over the axes along which a value of the given shape was broadcast: the gradient rule of broadcasting.</summary>
    public static Value SumTo(this Value x, Shape shape)
    {
        int missing = x.Shape.Rank - shape.Rank;
        int axis = 0;
        while (axis < x.Shape.Rank)
        {
            int end = axis;
            while (end < x.Shape.Rank && x.Shape[end] != (end < missing ? 1 : shape[end - missing]))
            {
                end++;
            }

            if (end > axis)
            {
                x = x.Sum(axis, end - axis);
            }

            axis = end + 1;
        }

        return x.Reshape(shape);
    }
}
