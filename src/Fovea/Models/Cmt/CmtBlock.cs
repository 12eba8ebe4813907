using Fovea.Layers;

namespace Fovea.Models;

/// <summary>Local perception unit: a depthwise 3×3 convolution added to its input (arXiv 2107.06263, eq. 1).</summary>
internal sealed class LocalPerceptionUnit : Module
{
    private readonly DepthwiseConv2d _convolution;

    /// <summary>Makes a unit.</summary>
    /// <param name="channels">Channels in and out.</param>
    public LocalPerceptionUnit(int channels) => _convolution = Add("", new DepthwiseConv2d(channels, kernel: 3, padding: 1));

    /// <inheritdoc/>
    protected override Value Build(Value x) => x + _convolution.Forward(x);
}

/// <summary>
/// Inverted residual feed-forward network: 1×1 to a wider map, depthwise 3×3 with a shortcut, 1×1 back (arXiv 2107.06263, section 3.2).
/// The official code puts the shortcut inside the activation.
/// </summary>
internal sealed class InvertedResidualFeedForward : Module
{
    private readonly Conv2d _expand;
    private readonly BatchNorm2d _expandNorm;
    private readonly DepthwiseConv2d _depthwise;
    private readonly BatchNorm2d _depthwiseNorm;
    private readonly Conv2d _project;
    private readonly BatchNorm2d _projectNorm;
    private readonly bool _shortcut;

    /// <summary>Makes a network.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="hidden">Channels between.</param>
    /// <param name="shortcut">True if the depthwise convolution is added to its input.</param>
    public InvertedResidualFeedForward(int channels, int hidden, bool shortcut = true)
    {
        _shortcut = shortcut;
        _expand = Add("conv1.0", new Conv2d(channels, hidden, kernel: 1));
        _expandNorm = Add("conv1.2", new BatchNorm2d(hidden));
        _depthwise = Add("proj", new DepthwiseConv2d(hidden, kernel: 3, padding: 1));
        _depthwiseNorm = Add("proj_bn", new BatchNorm2d(hidden));
        _project = Add("conv2.0", new Conv2d(hidden, channels, kernel: 1));
        _projectNorm = Add("conv2.1", new BatchNorm2d(channels));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value wide = _expandNorm.Forward(_expand.Forward(x).Gelu());
        Value local = _depthwise.Forward(wide);
        Value mixed = _depthwiseNorm.Forward((_shortcut ? local + wide : local).Gelu());
        return _projectNorm.Forward(_project.Forward(mixed));
    }
}

/// <summary>
/// A block of CMT: local perception, attention, feed-forward network, each with its shortcut (arXiv 2107.06263, eq. 1 to 6).
/// </summary>
internal sealed class CmtBlock : Module
{
    private readonly LayerNorm _attentionNorm;
    private readonly CmtAttention _attention;
    private readonly LayerNorm _feedForwardNorm;
    private readonly InvertedResidualFeedForward _feedForward;
    private readonly LocalPerceptionUnit? _local;
    private readonly float _dropPath;

    /// <summary>Makes a block.</summary>
    /// <param name="config">Options of the network.</param>
    /// <param name="stage">Index of the stage.</param>
    /// <param name="dropPath">Probability of dropping a branch in training.</param>
    public CmtBlock(CmtConfig config, int stage, float dropPath = 0)
    {
        (int channels, double ratio) = (config.Stages[stage].Channels, config.Stages[stage].MlpRatio);
        _attentionNorm = Add("norm1", new LayerNorm(channels, 1e-6f));
        _attention = Add("attn", new CmtAttention(config, stage));
        _feedForwardNorm = Add("norm2", new LayerNorm(channels, 1e-6f));
        _feedForward = Add("mlp", new InvertedResidualFeedForward(channels, (int)(channels * ratio), config.FeedForwardShortcut));
        _local = config.LocalPerception ? Add("proj", new LocalPerceptionUnit(channels)) : null;
        _dropPath = dropPath;
    }

    /// <summary>Builds the block.</summary>
    /// <param name="x">A map (N, H, W, C).</param>
    /// <param name="position">Relative position bias of the stage (heads, N, M).</param>
    public Value Forward(Value x, Value position)
    {
        using (Enter(x.Graph))
        {
            Value local = _local is null ? x : _local.Forward(x);
            Value mixed = local + _attention.Forward(_attentionNorm.Forward(local), position).DropPath(_dropPath);
            return mixed + _feedForward.Forward(_feedForwardNorm.Forward(mixed)).DropPath(_dropPath);
        }
    }
}
