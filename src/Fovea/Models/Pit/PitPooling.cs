using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// What lies between two stages of PiT (arXiv 2103.16302, section 3.2): a strided depthwise convolution with several results for each channel halves the map
/// and widens it, and a linear layer widens the tokens. The article's code adds a 1×1 convolution behind the depthwise one.
/// </summary>
public sealed class PitPooling : Module
{
    private readonly DepthwiseConv2d _depthwise;
    private readonly Conv2d? _pointwise;
    private readonly Linear _tokens;

    /// <summary>Makes a layer.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out, a multiple of those in.</param>
    /// <param name="stride">Positions between windows, which are one position wider.</param>
    /// <param name="article">Whether it is the article's.</param>
    public PitPooling(int inputs, int outputs, int stride = 2, bool article = false)
    {
        _depthwise = Add(
            article ? "downsample.net.0" : "conv",
            new DepthwiseConv2d(inputs, stride + 1, stride, stride / 2, initializer: Initializer.FanInUniform, multiplier: outputs / inputs));
        _pointwise = article ? Add("downsample.net.1", new Conv2d(outputs, outputs, kernel: 1, initializer: Initializer.FanInUniform)) : null;
        _tokens = Add(article ? "cls_ff" : "fc", new Linear(inputs, outputs, initializer: Initializer.FanInUniform));
    }

    /// <summary>Builds the layer on a map and the tokens in front of it.</summary>
    public TokenMap Forward(TokenMap x)
    {
        using (Enter(x.Map.Graph))
        {
            return new TokenMap(Build(x.Map), _tokens.Forward(x.Tokens));
        }
    }

    /// <summary>Builds the layer on a map without tokens.</summary>
    protected override Value Build(Value x)
    {
        Value pooled = _depthwise.Forward(x);
        return _pointwise is null ? pooled : _pointwise.Forward(pooled);
    }
}
