using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Models;

/// <summary>Options of <see cref="MixerBackbone"/>.</summary>
internal sealed record MixerConfig(int Channels, int Side = 16) : NetworkConfig(Side, Side);

/// <summary>A family of somebody else's: patches, a depthwise convolution, a position embedding that is resized.</summary>
internal sealed class MixerBackbone : Backbone
{
    private readonly MixerConfig _config;
    private readonly Parameter _position;
    private readonly Conv2d _patches;
    private readonly BatchNorm2d _norm;
    private readonly DepthwiseConv2d _spatial;

    public MixerBackbone(MixerConfig config)
        : base(config)
    {
        _config = config;
        Sizes.Check(config.Height, config.Width);
        PositionInterpolation resizing = new(Interpolation.Bilinear, 1, 2);
        Shape map = [1, config.Height / 4, config.Width / 4, config.Channels];
        _position = Add("position", new Parameter(map, Initializer.Normal(0.1), resizing: resizing));
        _patches = Add("patches", new Conv2d(3, config.Channels, kernel: 4, stride: 4));
        _norm = Add("norm", new BatchNorm2d(config.Channels));
        _spatial = Add("spatial", new DepthwiseConv2d(config.Channels, kernel: 3, padding: 1));
    }

    public static IReadOnlyDictionary<string, MixerConfig> Variants { get; } = new OrderedDictionary<string, MixerConfig>
    {
        ["test_mixer_8"] = new(8) { Classes = 3 },
        ["test_mixer_12"] = new(12),
    };

    public override IReadOnlyList<StageDescription> Stages => [new("stage1", 4, _config.Channels)];

    public override ImageSizes Sizes => new(Multiple: 4);

    public override int Channels => _config.Channels;

    protected override Value BuildStages(Value x)
    {
        Sizes.Check(x.Shape[1], x.Shape[2]);
        x = _norm.Forward(_patches.Forward(x)).Mark("stem");
        x += x.Graph.Read(_position, _position.Shape.With(1, x.Shape[1]).With(2, x.Shape[2]));
        return (x + _spatial.Forward(x).Gelu()).Mark("stage1");
    }
}

/// <summary>A head of somebody else's: two layers.</summary>
internal sealed class TwoLayerHead : Head
{
    private readonly Linear _hidden;
    private readonly Linear _classifier;

    public TwoLayerHead(int channels, int classes)
        : base(classes)
    {
        _hidden = Add("hidden", new Linear(channels, 6));
        _classifier = AddClassifier("classifier", new Linear(6, classes));
    }

    protected override Value Build(Value x) => _classifier.Forward(_hidden.Forward(x).Relu());
}
