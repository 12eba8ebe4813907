using Fovea.Layers;

namespace Fovea.Models;

/// <summary>Local perception unit: a depthwise 3×3 convolution added to its input (arXiv 2107.06263, eq. 1).</summary>
public sealed class LocalPerceptionUnit : Module
{
    private readonly DepthwiseConv2d _convolution;
    private readonly BatchNorm2d? _norm;

    /// <summary>Makes a unit.</summary>
    /// <param name="channels">Width.</param>
    /// <param name="article">Whether keys are those of the article's code.</param>
    /// <param name="activation">Whether GELU and batch normalisation follow the convolution.</param>
    public LocalPerceptionUnit(int channels, bool article = false, bool activation = false)
    {
        _convolution = Add(article ? "conv_3x3_dw.conv" : "", new DepthwiseConv2d(channels, kernel: 3, padding: 1));
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
/// Inverted residual feed-forward network: 1×1 to a wider map, depthwise 3×3 with a shortcut, 1×1 back (arXiv 2107.06263, section 3.2).
/// The official code puts the shortcut inside the activation, the article's code around activation and normalisation.
/// </summary>
public sealed class InvertedResidualFeedForward : Module
{
    private readonly bool _article;
    private readonly Conv2d _expand;
    private readonly BatchNorm2d _expandNorm;
    private readonly DepthwiseConv2d _depthwise;
    private readonly BatchNorm2d _depthwiseNorm;
    private readonly Conv2d _project;
    private readonly BatchNorm2d _projectNorm;

    /// <summary>Makes a network.</summary>
    /// <param name="channels">Width in and out.</param>
    /// <param name="hidden">Width between.</param>
    /// <param name="article">Whether it is the article's.</param>
    public InvertedResidualFeedForward(int channels, int hidden, bool article = false)
    {
        _article = article;
        string expand = article ? "conv1x1_gelu_bn.conv3x3_gelu_bn" : "conv1";
        string project = article ? "conv1x1_pw" : "conv2";
        _expand = Add($"{expand}.0", new Conv2d(channels, hidden, kernel: 1));
        _expandNorm = Add($"{expand}.2", new BatchNorm2d(hidden));
        _depthwise = Add(article ? "conv3x3_dw.conv" : "proj", new DepthwiseConv2d(hidden, kernel: 3, padding: 1));
        _depthwiseNorm = Add(article ? "act.1" : "proj_bn", new BatchNorm2d(hidden));
        _project = Add($"{project}.0", new Conv2d(hidden, channels, kernel: 1));
        _projectNorm = Add($"{project}.1", new BatchNorm2d(channels));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value wide = _expandNorm.Forward(_expand.Forward(x).Gelu());
        Value local = _depthwise.Forward(wide);
        Value mixed = _article ? wide + _depthwiseNorm.Forward(local.Gelu()) : _depthwiseNorm.Forward((local + wide).Gelu());
        return _projectNorm.Forward(_project.Forward(mixed));
    }
}

/// <summary>A block of CMT: local perception, attention, feed-forward network, each with its shortcut (arXiv 2107.06263, eq. 1 to 6).</summary>
public sealed class CmtBlock : Module
{
    private readonly CmtConfig _config;
    private readonly LayerNorm _attentionNorm;
    private readonly LightAttention _attention;
    private readonly LayerNorm _feedForwardNorm;
    private readonly InvertedResidualFeedForward _feedForward;
    private readonly LocalPerceptionUnit _local;
    private readonly float _dropPath;

    /// <summary>Makes a block.</summary>
    /// <param name="config">The network's options.</param>
    /// <param name="stage">The stage's index.</param>
    /// <param name="dropPath">Probability of dropping a branch in training.</param>
    public CmtBlock(CmtConfig config, int stage, float dropPath = 0)
    {
        _config = config;
        _dropPath = dropPath;
        int channels = config.Stages[stage].Channels;
        LayerNorm norm = new(channels, config.BlockEpsilon);
        LayerNorm secondNorm = new(channels, config.BlockEpsilon);
        LightAttention attention = new(config, stage);
        InvertedResidualFeedForward feedForward = new(channels, (int)(channels * config.Stages[stage].MlpRatio), config.Article);
        LocalPerceptionUnit local = new(channels, config.Article, config.LocalPerceptionActivation);
        (string Key, Module Module)[] order = config.Article
            ? [("norm1", norm), ("norm2", secondNorm), ("LPU", local), ("LMHSA", attention), ("IRFFN", feedForward)]
            : [("norm1", norm), ("attn", attention), ("norm2", secondNorm), ("mlp", feedForward), ("proj", local)];
        foreach ((string key, Module module) in order)
        {
            Add(key, module);
        }

        (_attentionNorm, _attention, _feedForwardNorm, _feedForward, _local) = (norm, attention, secondNorm, feedForward, local);
    }

    /// <summary>Builds the block on a map (N, H, W, C) with the stage's position bias (heads, N, M), if there is one.</summary>
    public Value Forward(Value x, Value? position)
    {
        using (Enter(x.Graph))
        {
            return Build(x, position);
        }
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Build(x, null);

    private Value Build(Value x, Value? position)
    {
        Value local = _local.Forward(x);
        Value attended = _attention.Forward(_attentionNorm.Forward(local), position);
        Value mixed = local + (_config.Article ? attended : attended.DropPath(_dropPath));
        return mixed + _feedForward.Forward(_feedForwardNorm.Forward(mixed)).DropPath(_dropPath);
    }
}
