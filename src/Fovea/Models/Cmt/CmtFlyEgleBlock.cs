using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Local perception unit of <see cref="CmtFlyEgle"/>: a depthwise 3×3 convolution, where wished with GELU and batch normalisation, added
/// to its input.
/// </summary>
internal sealed class CmtFlyEgleLocalPerception : Module
{
    private readonly DepthwiseConv2d _convolution;
    private readonly BatchNorm2d? _norm;

    /// <summary>Makes a unit.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="activation">True if GELU and batch normalisation follow the convolution.</param>
    public CmtFlyEgleLocalPerception(int channels, bool activation = false)
    {
        _convolution = Add("conv_3x3_dw.conv", new DepthwiseConv2d(channels, kernel: 3, padding: 1));
        _norm = activation ? Add("actation.1", new BatchNorm2d(channels)) : null;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = _convolution.Forward(x);
        return x + (_norm is null ? y : _norm.Forward(y.Gelu()));
    }
}

/// <summary>
/// Inverted residual feed-forward network of <see cref="CmtFlyEgle"/>: 1×1 to a wider map, depthwise 3×3, 1×1 back, with a shortcut
/// around the depthwise convolution, its activation and its norm.
/// </summary>
internal sealed class CmtFlyEgleFeedForward : Module
{
    private readonly Conv2d _expand;
    private readonly BatchNorm2d _expandNorm;
    private readonly DepthwiseConv2d _depthwise;
    private readonly BatchNorm2d _depthwiseNorm;
    private readonly Conv2d _project;
    private readonly BatchNorm2d _projectNorm;

    /// <summary>Makes a network.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="hidden">Channels between.</param>
    public CmtFlyEgleFeedForward(int channels, int hidden)
    {
        _expand = Add("conv1x1_gelu_bn.conv3x3_gelu_bn.0", new Conv2d(channels, hidden, kernel: 1));
        _expandNorm = Add("conv1x1_gelu_bn.conv3x3_gelu_bn.2", new BatchNorm2d(hidden));
        _depthwise = Add("conv3x3_dw.conv", new DepthwiseConv2d(hidden, kernel: 3, padding: 1));
        _depthwiseNorm = Add("act.1", new BatchNorm2d(hidden));
        _project = Add("conv1x1_pw.0", new Conv2d(hidden, channels, kernel: 1));
        _projectNorm = Add("conv1x1_pw.1", new BatchNorm2d(channels));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value wide = _expandNorm.Forward(_expand.Forward(x).Gelu());
        Value mixed = wide + _depthwiseNorm.Forward(_depthwise.Forward(wide).Gelu());
        return _projectNorm.Forward(_project.Forward(mixed));
    }
}

/// <summary>
/// A block of <see cref="CmtFlyEgle"/>: local perception, attention, feed-forward network, each with its shortcut; only the last is dropped
/// by drop path.
/// </summary>
internal sealed class CmtFlyEgleBlock : Module
{
    private readonly LayerNorm _attentionNorm;
    private readonly LayerNorm _feedForwardNorm;
    private readonly CmtFlyEgleLocalPerception _local;
    private readonly CmtFlyEgleAttention _attention;
    private readonly CmtFlyEgleFeedForward _feedForward;
    private readonly float _dropPath;

    /// <summary>Makes a block.</summary>
    /// <param name="config">Options of the network.</param>
    /// <param name="stage">Index of the stage.</param>
    /// <param name="dropPath">Probability of dropping the feed-forward network in training.</param>
    public CmtFlyEgleBlock(CmtFlyEgleConfig config, int stage, float dropPath = 0)
    {
        (int channels, double ratio) = (config.Stages[stage].Channels, config.Stages[stage].MlpRatio);
        _attentionNorm = Add("norm1", new LayerNorm(channels));
        _feedForwardNorm = Add("norm2", new LayerNorm(channels));
        _local = Add("LPU", new CmtFlyEgleLocalPerception(channels, config.LocalPerceptionActivation));
        _attention = Add("LMHSA", new CmtFlyEgleAttention(config, stage));
        _feedForward = Add("IRFFN", new CmtFlyEgleFeedForward(channels, (int)(channels * ratio)));
        _dropPath = dropPath;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value local = _local.Forward(x);
        Value mixed = local + _attention.Forward(_attentionNorm.Forward(local));
        return mixed + _feedForward.Forward(_feedForwardNorm.Forward(mixed)).DropPath(_dropPath);
    }
}
