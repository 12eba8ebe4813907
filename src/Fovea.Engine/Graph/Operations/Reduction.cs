namespace Fovea.Engine.Graph.Operations;

/// <summary>Functions that reduce many elements to one.</summary>
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
/// <param name="Kind">The function.</param>
/// <param name="FirstAxis">The outermost axis that is reduced.</param>
/// <param name="Axes">Number of neighbouring axes that are reduced.</param>
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
public static partial class ValueExtensions
{
    /// <summary>The sum along axes, which stay with extent 1.</summary>
    /// <param name="x">The value.</param>
    /// <param name="axes">The axes; negative ones count from the innermost.</param>
    public static Value Sum(this Value x, params ReadOnlySpan<int> axes) => Reduce(x, ReductionKind.Sum, axes);

    /// <summary>The mean along axes, which stay with extent 1.</summary>
    /// <param name="x">The value.</param>
    /// <param name="axes">The axes; negative ones count from the innermost.</param>
    public static Value Mean(this Value x, params ReadOnlySpan<int> axes) => Reduce(x, ReductionKind.Mean, axes);

    /// <summary>The maximum along axes, which stay with extent 1.</summary>
    /// <param name="x">The value.</param>
    /// <param name="axes">The axes; negative ones count from the innermost.</param>
    public static Value Max(this Value x, params ReadOnlySpan<int> axes) => Reduce(x, ReductionKind.Max, axes);

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
                x = x.Graph.Apply(new Reduction(ReductionKind.Sum, axis, end - axis), x);
            }

            axis = end + 1;
        }

        return x.Reshape(shape);
    }

    // Neighbouring axes are reduced together, in one node.
    private static Value Reduce(Value x, ReductionKind kind, ReadOnlySpan<int> axes)
    {
        int rank = x.Shape.Rank;
        bool[] reduced = new bool[rank];
        foreach (int axis in axes)
        {
            int index = axis < 0 ? axis + rank : axis;
            if (index < 0 || index >= rank || reduced[index])
            {
                throw new ShapeException($"Reduce{kind}: axes [{string.Join(", ", axes.ToArray())}] are not different axes of {x.Shape}");
            }

            reduced[index] = true;
        }

        if (axes.IsEmpty)
        {
            throw new ShapeException($"Reduce{kind}: no axes are given");
        }

        for (int first = 0; first < rank; first++)
        {
            int end = first;
            while (end < rank && reduced[end])
            {
                end++;
            }

            if (end > first)
            {
                x = x.Graph.Apply(new Reduction(kind, first, end - first), x);
                first = end;
            }
        }

        return x;
    }
}
