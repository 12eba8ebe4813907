namespace Fovea.Engine.Graph.Operations;

/// <summary>A square window that slides over a feature map.</summary>
/// <param name="Kernel">Taps along each side.</param>
/// <param name="Stride">Pixels between neighbouring windows.</param>
/// <param name="Padding">Zero pixels on each side of the map.</param>
/// <param name="Dilation">Pixels between neighbouring taps, 1 for a dense window.</param>
public sealed record WindowSpec(int Kernel, int Stride = 1, int Padding = 0, int Dilation = 1)
{
    /// <summary>The window in words, such as <c>3×3, stride 2, padding 1</c>.</summary>
    internal string InWords =>
        $"{Kernel}×{Kernel}, stride {Stride}{(Padding == 0 ? "" : $", padding {Padding}")}"
        + $"{(Dilation == 1 ? "" : $", dilation {Dilation}")}";

    /// <summary>The map that windows over a map (N, H, W, C) give, with the given number of channels.</summary>
    /// <exception cref="ShapeException">The map has not four axes or is smaller than the window.</exception>
    public Shape Output(Shape input, int channels)
    {
        if (input.Rank != 4)
        {
            throw new ShapeException($"a feature map has four axes (N, H, W, C), got {input}");
        }

        int height = Extent(input[1]);
        int width = Extent(input[2]);
        return height < 1 || width < 1
            ? throw new ShapeException($"a {Kernel}×{Kernel} window does not fit a map of {input[1]}×{input[2]} with padding {Padding}")
            : [input[0], height, width, channels];
    }

    private int Extent(int extent)
    {
        int span = extent + (2 * Padding) - (Dilation * (Kernel - 1)) - 1;
        return span < 0 ? 0 : (span / Stride) + 1;
    }
}

/// <summary>Dense convolution: map (N, H, W, C), weights (out, kernel height, kernel width, C), result (N, H', W', out).</summary>
/// <param name="WindowSpec">Kernel, stride, padding, dilation.</param>
public sealed record Convolution(WindowSpec WindowSpec) : LinearOperation
{
    /// <inheritdoc/>
    public override string Details => WindowSpec.InWords;

    /// <inheritdoc/>
    public override int WeightOutputAxis => 0;

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) =>
        node.Outputs[0].Shape.Elements * (node.Inputs[1].Shape.Elements / node.Inputs[1].Shape[0]);

    /// <inheritdoc/>
    protected override Shape InferLinear(Shape input, Shape weights)
    {
        Require(
            weights.Rank == 4 && weights[1] == WindowSpec.Kernel && weights[2] == WindowSpec.Kernel,
            () => $"weights (out, {WindowSpec.Kernel}, {WindowSpec.Kernel}, in) expected, got {weights}");
        Shape output = WindowSpec.Output(input, weights[0]);
        Require(input.Last == weights.Last, () => $"the map {input} has {input.Last} channels, the weights {weights} take {weights.Last}");
        return output;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Value?> LinearGradient(Node node, Value dy) =>
    [
        node.Graph.Apply(new ConvolutionInputGradient(WindowSpec, node.Inputs[0].Shape), dy, node.Inputs[1]),
        node.Graph.Apply(new ConvolutionWeightGradient(WindowSpec), dy, node.Inputs[0]),
    ];
}

/// <summary>The gradient of a dense convolution's map from the result's gradient and the weights.</summary>
/// <param name="WindowSpec">The convolution's window.</param>
/// <param name="InputShape">The shape of the map.</param>
internal sealed record ConvolutionInputGradient(WindowSpec WindowSpec, Shape InputShape) : Operation
{
    /// <inheritdoc/>
    public override string Details => WindowSpec.InWords;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 2);
        return [new TensorType(InputShape)];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) =>
        node.Inputs[0].Shape.Elements * (node.Inputs[1].Shape.Elements / node.Inputs[1].Shape[0]);
}

/// <summary>The gradient of a dense convolution's weights from the result's gradient and the map.</summary>
/// <param name="WindowSpec">The convolution's window.</param>
internal sealed record ConvolutionWeightGradient(WindowSpec WindowSpec) : Operation
{
    /// <inheritdoc/>
    public override string Details => WindowSpec.InWords;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 2);
        return [new TensorType([inputs[0].Shape.Last, WindowSpec.Kernel, WindowSpec.Kernel, inputs[1].Shape.Last])];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) =>
        node.Inputs[0].Shape.Elements * (node.Outputs[0].Shape.Elements / node.Outputs[0].Shape[0]);
}

/// <summary>
/// Convolution of each channel by itself: map (N, H, W, C), weights (kernel height, kernel width, C), result (N, H', W', C).
/// </summary>
/// <param name="WindowSpec">Kernel, stride, padding, dilation.</param>
public sealed record DepthwiseConvolution(WindowSpec WindowSpec) : LinearOperation
{
    /// <inheritdoc/>
    public override string Details => WindowSpec.InWords;

    /// <inheritdoc/>
    public override int WeightOutputAxis => -1;

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) => node.Outputs[0].Shape.Elements * WindowSpec.Kernel * WindowSpec.Kernel;

    /// <inheritdoc/>
    protected override Shape InferLinear(Shape input, Shape weights)
    {
        Shape output = WindowSpec.Output(input, input.Last);
        Shape expected = [WindowSpec.Kernel, WindowSpec.Kernel, input.Last];
        Require(weights.Equals(expected), () => $"weights {expected} expected for the map {input}, got {weights}");
        return output;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Value?> LinearGradient(Node node, Value dy) =>
    [
        node.Graph.Apply(new DepthwiseInputGradient(WindowSpec, node.Inputs[0].Shape), dy, node.Inputs[1]),
        node.Graph.Apply(new DepthwiseWeightGradient(WindowSpec), dy, node.Inputs[0]),
    ];
}

/// <summary>The gradient of a depthwise convolution's map from the result's gradient and the weights.</summary>
/// <param name="WindowSpec">The convolution's window.</param>
/// <param name="InputShape">The shape of the map.</param>
internal sealed record DepthwiseInputGradient(WindowSpec WindowSpec, Shape InputShape) : Operation
{
    /// <inheritdoc/>
    public override string Details => WindowSpec.InWords;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 2);
        return [new TensorType(InputShape)];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) => node.Inputs[0].Shape.Elements * WindowSpec.Kernel * WindowSpec.Kernel;
}

/// <summary>The gradient of a depthwise convolution's weights from the result's gradient and the map.</summary>
/// <param name="WindowSpec">The convolution's window.</param>
internal sealed record DepthwiseWeightGradient(WindowSpec WindowSpec) : Operation
{
    /// <inheritdoc/>
    public override string Details => WindowSpec.InWords;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 2);
        return [new TensorType([WindowSpec.Kernel, WindowSpec.Kernel, inputs[1].Shape.Last])];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) => node.Inputs[0].Shape.Elements * WindowSpec.Kernel * WindowSpec.Kernel;
}

/// <summary>Convolutions as methods on values.</summary>
public static partial class ValueExtensions
{
    /// <summary>Dense convolution of a map (N, H, W, C) with weights (out, kernel height, kernel width, C).</summary>
    public static Value Convolution(this Value map, Value weights, WindowSpec window) =>
        map.Graph.Apply(new Convolution(window), map, weights);

    /// <summary>Depthwise convolution of a map (N, H, W, C) with weights (kernel height, kernel width, C).</summary>
    public static Value DepthwiseConvolution(this Value map, Value weights, WindowSpec window) =>
        map.Graph.Apply(new DepthwiseConvolution(window), map, weights);
}
