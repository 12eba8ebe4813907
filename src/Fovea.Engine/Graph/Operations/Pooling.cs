namespace Fovea.Engine.Graph.Operations;

/// <summary>Joins the elements under a window of each channel.</summary>
/// <param name="WindowSpec">Kernel, stride and padding.</param>
/// <param name="Average">The mean; otherwise the largest.</param>
/// <param name="CountPadding">True where a mean divides by the whole window, padding included.</param>
public sealed record Pooling(WindowSpec WindowSpec, bool Average, bool CountPadding) : Operation
{
    /// <inheritdoc/>
    public override string Details =>
        WindowSpec.InWords + (Average && !CountPadding && WindowSpec.Padding > 0 ? ", padding not counted" : "");

    /// <inheritdoc/>
    public override string Name => Average ? "AveragePooling" : "MaxPooling";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        Require(
            2 * WindowSpec.Padding <= WindowSpec.Kernel,
            () => $"padding {WindowSpec.Padding} is more than half of the window {WindowSpec.Kernel}×{WindowSpec.Kernel}");
        Require(WindowSpec.Dilation == 1, () => $"pooling windows are dense, got dilation {WindowSpec.Dilation}");
        return [new TensorType(WindowSpec.Output(inputs[0].Shape, inputs[0].Shape.Last))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [node.Graph.Apply(new PoolingGradient(this), node.Inputs[0], outputGradients[0]!)];
}

/// <summary>The gradient of <see cref="Pooling"/>'s map from the map and the result's gradient.</summary>
/// <param name="Forward">The pooling.</param>
internal sealed record PoolingGradient(Pooling Forward) : Operation
{
    /// <inheritdoc/>
    public override string Details => Forward.Details;

    /// <inheritdoc/>
    public override string Name => $"{Forward.Name}Gradient";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 2);
        return [inputs[0]];
    }
}

/// <summary>Pooling as methods on values.</summary>
public static partial class ValueExtensions
{
    /// <summary>The largest element under each window of a map (N, H, W, C).</summary>
    public static Value MaxPooling(this Value map, WindowSpec window) => map.Graph.Apply(new Pooling(window, false, false), map);

    /// <summary>The mean under each window of a map (N, H, W, C).</summary>
    public static Value AveragePooling(this Value map, WindowSpec window, bool countPadding = true) =>
        map.Graph.Apply(new Pooling(window, true, countPadding), map);
}
