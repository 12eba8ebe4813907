namespace Fovea.Layers;

/// <summary>
/// Dense convolution of maps (N, H, W, in) to (N, H', W', out). Checkpoint keys <c>weight</c> (out, in, kernel, kernel) and <c>bias</c>
/// (out). A 1×1 convolution is built as the matrix product that it is.
/// </summary>
public sealed class Conv2d : Module
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private readonly WindowSpec _window;

    /// <summary>Makes a layer.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Taps along each side.</param>
    /// <param name="stride">Pixels between windows.</param>
    /// <param name="padding">Zero pixels on each side.</param>
    /// <param name="bias">True if a bias is added.</param>
    /// <param name="initializer">Initializer of the weights; Kaiming normal over the outputs, and biases 0, where null.</param>
    /// <param name="layout">
    /// Layout of the weights in checkpoints: <see cref="TensorLayout.ChannelsLast"/> or <see cref="TensorLayout.Unfolded"/>.
    /// </param>
    /// <param name="biasInitializer">Initializer of the bias; the one that belongs to that of the weights where null.</param>
    public Conv2d(
        int inputs,
        int outputs,
        int kernel,
        int stride = 1,
        int padding = 0,
        bool bias = true,
        Initializer? initializer = null,
        TensorLayout layout = TensorLayout.ChannelsLast,
        Initializer? biasInitializer = null)
    {
        _window = new WindowSpec(kernel, stride, padding);
        initializer ??= Initializer.KaimingNormalFanOut;
        biasInitializer ??= initializer.ForBias((long)inputs * kernel * kernel);
        _weight = Add("weight", new Parameter([outputs, kernel, kernel, inputs], initializer, layout));
        _bias = bias ? Add("bias", new Parameter([outputs], biasInitializer)) : null;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value weight = x.Graph.Read(_weight);
        Value y = _window is { Kernel: 1, Stride: 1, Padding: 0 }
            ? x.MatMul(weight.Reshape([weight.Shape[0], weight.Shape[3]]), transposeRight: true)
            : x.Convolution(weight, _window);
        return _bias is null ? y : y + x.Graph.Read(_bias);
    }

    /// <summary>
    /// Computes of a 1×1 convolution what each image chooses among the channels out: for one of many, the others cost nothing.
    /// </summary>
    /// <param name="x">Maps (N, H, W, in).</param>
    /// <param name="choices">Share of each channel out in the result, for each image (N, out).</param>
    /// <returns>Maps (N, H, W, 1).</returns>
    internal Value ForwardChosen(Value x, Value choices)
    {
        using (Enter(x.Graph))
        {
            (int images, int height, int width, int inputs) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
            Value chosen = choices.MatMul(x.Graph.Read(_weight).Reshape([choices.Shape[1], inputs])).Reshape([images, inputs, 1]);
            Value y = x.Reshape([images, height * width, inputs]).MatMul(chosen);
            if (_bias is not null)
            {
                Value bias = choices.MatMul(x.Graph.Read(_bias).Reshape([choices.Shape[1], 1]));
                y += bias.Reshape([images, 1, 1]).BroadcastTo(y.Shape);
            }

            return y.Reshape([images, height, width, 1]);
        }
    }
}

/// <summary>
/// Convolution of each channel by itself: maps (N, H, W, C) to (N, H', W', multiplier·C), where results multiplier·c … come from
/// channel c. Checkpoint keys <c>weight</c> (multiplier·C, 1, kernel, kernel) and <c>bias</c> (multiplier·C).
/// </summary>
public sealed class DepthwiseConv2d : Module
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private readonly WindowSpec _window;
    private readonly int _multiplier;

    /// <summary>Makes a layer.</summary>
    /// <param name="channels">Channels in.</param>
    /// <param name="kernel">Taps along each side.</param>
    /// <param name="stride">Pixels between windows.</param>
    /// <param name="padding">Zero pixels on each side.</param>
    /// <param name="bias">True if a bias is added.</param>
    /// <param name="initializer">Initializer of the weights; Kaiming normal over the outputs, and biases 0, where null.</param>
    /// <param name="multiplier">Results of each channel.</param>
    public DepthwiseConv2d(
        int channels,
        int kernel,
        int stride = 1,
        int padding = 0,
        bool bias = true,
        Initializer? initializer = null,
        int multiplier = 1)
    {
        _window = new WindowSpec(kernel, stride, padding);
        _multiplier = multiplier;
        initializer ??= Initializer.KaimingNormalFanOut;
        _weight = Add("weight", new Parameter([kernel, kernel, multiplier * channels], initializer, TensorLayout.Depthwise));
        _bias = bias ? Add("bias", new Parameter([multiplier * channels], initializer.ForBias((long)kernel * kernel))) : null;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = Repeat(x).DepthwiseConvolution(x.Graph.Read(_weight), _window);
        return _bias is null ? y : y + x.Graph.Read(_bias);
    }

    private Value Repeat(Value x) => _multiplier == 1
        ? x
        : x.Reshape([.. x.Shape, 1]).BroadcastTo([.. x.Shape, _multiplier]).Reshape(x.Shape.With(-1, x.Shape.Last * _multiplier));
}
