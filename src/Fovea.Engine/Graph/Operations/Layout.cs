namespace Fovea.Engine.Graph.Operations;

/// <summary>View of the operand under another shape with as many elements: costs nothing.</summary>
/// <param name="Target">The shape to take.</param>
public sealed record Reshape(Shape Target) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 1);
        Require(
            inputs[0].Shape.Elements == Target.Elements,
            () => $"{inputs[0].Shape} has {inputs[0].Shape.Elements} elements and {Target} takes {Target.Elements}");
        return [inputs[0] with { Shape = Target }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0]!.Reshape(node.Inputs[0].Shape)];
}

/// <summary>Reorders axes: axis i of the result is axis <c>Axes[i]</c> of the operand.</summary>
/// <param name="Axes">The order, written as a shape so that equal orders compare equal; entries count from 1.</param>
public sealed record Permute(Shape Axes) : Operation
{
    /// <inheritdoc/>
    public override string Details => string.Join(", ", Axes.Select(axis => axis - 1));

    /// <summary>The axis of the operand that becomes the given axis of the result.</summary>
    public int Source(int axis) => Axes[axis] - 1;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 1);
        RequireElementType(inputs, 0, ElementType.Float32, ElementType.Int32);
        Shape shape = inputs[0].Shape;
        Require(
            Axes.Rank == shape.Rank && Axes.Order().SequenceEqual(Enumerable.Range(1, shape.Rank)),
            () => $"[{string.Join(", ", Axes.Select(axis => axis - 1))}] is not an order of the axes of {shape}");
        return [inputs[0] with { Shape = Shape.Create([.. Axes.Select(axis => shape[axis - 1])]) }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        int[] inverse = new int[Axes.Rank];
        for (int axis = 0; axis < inverse.Length; axis++)
        {
            inverse[Source(axis)] = axis;
        }

        return [outputGradients[0]!.Permute(inverse)];
    }
}

/// <summary>Puts values one after another along an axis.</summary>
/// <param name="Axis">The axis.</param>
public sealed record Concat(int Axis) : Operation
{
    /// <inheritdoc/>
    public override string Details => $"axis {Axis}";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        Require(inputs.Count > 0, () => "takes at least one operand and got 0");
        RequireElementType(inputs, 0, ElementType.Float32, ElementType.Int32);
        Shape first = inputs[0].Shape;
        Require(Axis >= 0 && Axis < first.Rank, () => $"{first} has no axis {Axis}");
        for (int i = 0; i < inputs.Count; i++)
        {
            TensorType input = inputs[i];
            RequireElementType(inputs, i, inputs[0].ElementType);
            Require(
                input.Shape.Rank == first.Rank && input.Shape.With(Axis, 1).Equals(first.With(Axis, 1)),
                () => $"{input.Shape} does not join {first} along axis {Axis}: the other axes differ");
        }

        return [inputs[0] with { Shape = first.With(Axis, inputs.Sum(input => input.Shape[Axis])) }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        List<Value?> gradients = [];
        int start = 0;
        foreach (Value input in node.Inputs)
        {
            gradients.Add(outputGradients[0]!.Slice(Axis, start, input.Shape[Axis]));
            start += input.Shape[Axis];
        }

        return gradients;
    }
}

/// <summary>
/// Cuts a value into equal parts along its first axis. Unlike slices, the parts' gradients are joined at once, each as it is.
/// </summary>
/// <param name="Count">Number of parts.</param>
internal sealed record Chunk(int Count) : Operation
{
    /// <inheritdoc/>
    public override string Details => $"{Count} parts";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 1);
        RequireElementType(inputs, 0, ElementType.Float32, ElementType.Int32);
        Shape shape = inputs[0].Shape;
        Require(shape.Rank > 0 && shape[0] % Count == 0, () => $"{shape} cannot be cut into {Count} equal parts");
        return [.. Enumerable.Repeat(inputs[0] with { Shape = shape.With(0, shape[0] / Count) }, Count)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients.Select((gradient, i) => gradient ?? node.Graph.Filled(node.Outputs[i].Shape, 0)).ToArray().Concat(0)];
}

/// <summary>A part of a value along one axis.</summary>
/// <param name="Axis">The axis.</param>
/// <param name="Start">The first index that is kept.</param>
/// <param name="Length">Number of indices that are kept.</param>
public sealed record Slice(int Axis, int Start, int Length) : Operation
{
    /// <inheritdoc/>
    public override string Details => $"axis {Axis} from {Start}";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 1);
        RequireElementType(inputs, 0, ElementType.Float32, ElementType.Int32);
        Shape shape = inputs[0].Shape;
        Require(
            Axis >= 0 && Axis < shape.Rank && Start >= 0 && Length >= 1 && Start + Length <= shape[Axis],
            () => $"{Start}…{Start + Length - 1} along axis {Axis} is not inside {shape}");
        return [inputs[0] with { Shape = shape.With(Axis, Length) }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0]!.Pad(Axis, Start, node.Inputs[0].Shape[Axis] - Start - Length)];
}

/// <summary>Surrounds a value with zeros along one axis.</summary>
/// <param name="Axis">The axis.</param>
/// <param name="Before">Zeros in front.</param>
/// <param name="After">Zeros behind.</param>
public sealed record Pad(int Axis, int Before, int After) : Operation
{
    /// <inheritdoc/>
    public override string Details => $"axis {Axis}, {Before} before, {After} after";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 1);
        RequireElementType(inputs, 0, ElementType.Float32, ElementType.Int32);
        Shape shape = inputs[0].Shape;
        Require(
            Axis >= 0 && Axis < shape.Rank && Before >= 0 && After >= 0,
            () => $"axis {Axis} of {shape} cannot be padded by {Before} and {After}");
        return [inputs[0] with { Shape = shape.With(Axis, Before + shape[Axis] + After) }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0]!.Slice(Axis, Before, node.Inputs[0].Shape[Axis])];
}

/// <summary>Rows of a table (entries, width) by index: indices of shape S give (S…, width).</summary>
public sealed record Gather : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 2);
        RequireElementType(inputs, 0, ElementType.Float32);
        RequireElementType(inputs, 1, ElementType.Int32);
        Require(inputs[0].Shape.Rank == 2, () => $"a table has two axes (entries, width), not {inputs[0].Shape}");
        return [new TensorType([.. inputs[1].Shape, inputs[0].Shape[1]])];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [node.Graph.Apply(new ScatterAdd(node.Inputs[0].Shape[0]), node.Inputs[1], outputGradients[0]!), null];
}

/// <summary>
/// Adds rows (S…, width) into a table (entries, width) of zeros at the indices S: the gradient of <see cref="Gather"/>.
/// </summary>
/// <param name="Entries">The number of entries of the table.</param>
internal sealed record ScatterAdd(int Entries) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 2);
        RequireElementType(inputs, 0, ElementType.Int32);
        RequireElementType(inputs, 1, ElementType.Float32);
        return [new TensorType([Entries, inputs[1].Shape.Last])];
    }
}

/// <summary>Changes of layout as methods on values.</summary>
public static partial class ValueExtensions
{
    /// <summary>Gives the elements another shape, in the same order.</summary>
    public static Value Reshape(this Value x, Shape shape)
    {
        if (x.Shape.Equals(shape))
        {
            return x;
        }

        return x.Producer.Operation is Reshape ? x.Producer.Inputs[0].Reshape(shape) : x.Graph.Apply(new Reshape(shape), x);
    }

    /// <summary>Reorders axes: axis i of the result is axis <c>axes[i]</c> of the operand, counted from 0.</summary>
    public static Value Permute(this Value x, params ReadOnlySpan<int> axes)
    {
        int[] order = axes.ToArray();
        return order.SequenceEqual(Enumerable.Range(0, order.Length)) && order.Length == x.Shape.Rank
            ? x
            : x.Graph.Apply(new Permute(Shape.Create([.. order.Select(axis => axis + 1)])), x);
    }

    /// <summary>A part along one axis.</summary>
    public static Value Slice(this Value x, int axis, int start, int length) =>
        start == 0 && axis < x.Shape.Rank && length == x.Shape[axis] ? x : x.Graph.Apply(new Slice(axis, start, length), x);

    /// <summary>Equal parts along the first axis.</summary>
    /// <param name="x">The value.</param>
    /// <param name="count">Number of parts.</param>
    internal static IReadOnlyList<Value> Chunk(this Value x, int count) =>
        count == 1 ? [x] : x.Graph.Add(new Chunk(count), [x]).Outputs;

    /// <summary>Surrounds with zeros along one axis.</summary>
    public static Value Pad(this Value x, int axis, int before, int after) =>
        before == 0 && after == 0 ? x : x.Graph.Apply(new Pad(axis, before, after), x);

    /// <summary>Puts values one after another along an axis.</summary>
    public static Value Concat(this IReadOnlyList<Value> values, int axis) => values[0].Graph.Apply(new Concat(axis), [.. values]);

    /// <summary>Rows of a table (entries, width) by index.</summary>
    /// <exception cref="ShapeException">An index of a constant table points outside.</exception>
    public static Value Gather(this Value table, Value indices)
    {
        if (indices.Producer.Operation is IntegerTensor constant && constant.Elements.Any(index => index < 0 || index >= table.Shape[0]))
        {
            throw new ShapeException($"an index points outside a table of {table.Shape[0]} entries");
        }

        return table.Graph.Apply(new Gather(), table, indices);
    }
}
