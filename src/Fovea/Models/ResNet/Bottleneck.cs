using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// A bottleneck block (arXiv 1512.03385, figure 5, right): 1×1 to a narrow map, 3×3 or attention, 1×1 to a wide one, added to the
/// shortcut. Checkpoint keys are torchvision's.
/// </summary>
internal sealed class Bottleneck : Module
{
    private readonly Activation _activation;
    private readonly Conv2d _reduce;
    private readonly BatchNorm2d _reduceNorm;
    private readonly Module _spatial;
    private readonly BatchNorm2d _spatialNorm;
    private readonly Conv2d _expand;
    private readonly BatchNorm2d _expandNorm;
    private readonly SqueezeExcitation? _excitation;
    private readonly ResidualShortcut? _shortcut;
    private readonly bool _shortcutActivation;
    private readonly float _dropPath;

    /// <summary>Makes a block of a network.</summary>
    /// <param name="config">Options of the network.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="stage">The stage's index, from 0.</param>
    /// <param name="block">The block's index in the stage.</param>
    /// <param name="dropPath">Probability of dropping the branch in training.</param>
    public Bottleneck(ResNetConfig config, int inputs, int stage, int block, float dropPath = 0)
        : this(
            config,
            inputs,
            config.WidthOf(stage),
            block == 0 ? config.StrideOf(stage) : 1,
            config.AttentionOf(stage),
            config.MapSize(stage, block),
            dropPath)
    {
    }

    /// <summary>Makes a block.</summary>
    /// <param name="config">Options of the network.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="width">Channels of the narrow maps.</param>
    /// <param name="stride">Pixels between positions of the result.</param>
    /// <param name="attention">The attention in the middle, or null for a convolution.</param>
    /// <param name="map">Rows and columns of the map that the attention's position embedding is made for.</param>
    /// <param name="dropPath">Probability of dropping the branch in training.</param>
    public Bottleneck(
        ResNetConfig config,
        int inputs,
        int width,
        int stride,
        BottleneckAttentionConfig? attention,
        (int Height, int Width) map,
        float dropPath = 0)
    {
        int outputs = config.Expansion * width;
        bool leaderj1001 = config.IsLeaderj1001;
        _activation = config.Activation;
        _dropPath = dropPath;
        _shortcutActivation = attention?.ShortcutActivation == true;
        _reduce = Add("conv1", new Conv2d(inputs, width, kernel: 1, bias: false));
        _reduceNorm = Add("bn1", new BatchNorm2d(width, config.NormEpsilon));
        _spatial = attention is null
            ? Add<Module>("conv2", new Conv2d(width, width, kernel: 3, stride, padding: 1, bias: false))
            : Add<Module>(leaderj1001 ? "conv2.0" : "conv2", new BottleneckAttention(attention, width, map, stride));
        _spatialNorm = Add("bn2", new BatchNorm2d(width, config.NormEpsilon));
        _expand = Add("conv3", new Conv2d(width, outputs, kernel: 1, bias: false));
        float lastWeight = attention?.ZeroLastGamma == true ? 0 : 1;
        _expandNorm = Add("bn3", new BatchNorm2d(outputs, config.NormEpsilon, initialWeight: lastWeight));
        if (config.SqueezeExcitation && attention is null)
        {
            _excitation = Add("se", new SqueezeExcitation(outputs, outputs / 16, "fc1", "fc2", config.Activation));
        }

        if (stride != 1 || inputs != outputs)
        {
            _shortcut = Add(leaderj1001 ? "shortcut" : "downsample", new ResidualShortcut(config, inputs, outputs, stride));
        }
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = _reduceNorm.Forward(_reduce.Forward(x)).Activate(_activation);
        y = _spatialNorm.Forward(_spatial.Forward(y)).Activate(_activation);
        y = _expandNorm.Forward(_expand.Forward(y));
        y = (_excitation is null ? y : _excitation.Forward(y)).DropPath(_dropPath);
        return (y + Shortcut(x)).Activate(_activation);
    }

    private Value Shortcut(Value x)
    {
        if (_shortcut is null)
        {
            return x;
        }

        Value y = _shortcut.Forward(x);
        return _shortcutActivation ? y.Activate(_activation) : y;
    }
}
