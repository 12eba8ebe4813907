using System.Globalization;

namespace Fovea.Engine.Graph.Operations;

/// <summary>Value that is given to each run.</summary>
/// <param name="Key">The input's name.</param>
/// <param name="Type">Its shape and element type.</param>
/// <param name="BatchAxis">The axis along which entries are independent of one another; null where nothing is said.</param>
public sealed record Input(string Key, TensorType Type, int? BatchAxis = null) : Operation
{
    /// <inheritdoc/>
    public override bool MayBeShared => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 0);
        return [Type];
    }
}

/// <summary>The value of a variable at the beginning of a run.</summary>
/// <param name="Variable">The variable.</param>
public sealed record ReadVariable(Variable Variable) : Operation
{
    /// <inheritdoc/>
    public override bool MayBeShared => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 0);
        return [new TensorType(Variable.Shape)];
    }
}

/// <summary>One number throughout.</summary>
/// <param name="Shape">The shape, often a scalar.</param>
/// <param name="Number">The number.</param>
public sealed record Constant(Shape Shape, float Number) : Operation
{
    /// <inheritdoc/>
    public override string Details => Number.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 0);
        return [new TensorType(Shape)];
    }
}

/// <summary>A table of integers known when the graph is built.</summary>
/// <param name="Shape">The shape.</param>
/// <param name="Elements">The integers, row-major.</param>
public sealed record IntegerTensor(Shape Shape, int[] Elements) : Operation
{
    /// <inheritdoc/>
    public override bool MayBeShared => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 0);
        Require(
            Shape.Elements == Elements.Length,
            () => $"a table of shape {Shape} takes {Shape.Elements} integers and got {Elements.Length}");
        return [new TensorType(Shape, ElementType.Int32)];
    }
}

/// <summary>A table of numbers known when the graph is built.</summary>
/// <param name="Shape">The shape.</param>
/// <param name="Elements">The numbers, row-major.</param>
public sealed record FloatTensor(Shape Shape, float[] Elements) : Operation
{
    /// <inheritdoc/>
    public override bool MayBeShared => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 0);
        Require(
            Shape.Elements == Elements.Length,
            () => $"a table of shape {Shape} takes {Shape.Elements} numbers and got {Elements.Length}");
        return [new TensorType(Shape)];
    }
}
