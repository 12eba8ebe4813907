using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Pooling between two stages of PiT (arXiv 2103.16302, section 3.2): a strided depthwise convolution with several results for each channel
/// halves the map and widens it, and a linear layer widens the tokens.
/// </summary>
internal sealed class PitPooling : Module
{
    private readonly DepthwiseConv2d _depthwise;
    private readonly Linear _tokens;

    /// <summary>Makes a layer.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out, a multiple of those in.</param>
    /// <param name="stride">Positions between windows, which are one position wider.</param>
    public PitPooling(int inputs, int outputs, int stride = 2)
    {
        Initializer initializer = Initializer.FanInUniform;
        int multiplier = outputs / inputs;
        DepthwiseConv2d depthwise = new(inputs, stride + 1, stride, stride / 2, initializer: initializer, multiplier: multiplier);
        _depthwise = Add("conv", depthwise);
        _tokens = Add("fc", new Linear(inputs, outputs, initializer: initializer));
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
    protected override Value Build(Value x) => _depthwise.Forward(x);
}

/// <summary>
/// Pooling between two stages of <see cref="PitLucidrains"/>: that of <see cref="PitPooling"/> with a 1×1 convolution behind the depthwise
/// one.
/// </summary>
internal sealed class PitLucidrainsPooling : Module
{
    private readonly DepthwiseConv2d _depthwise;
    private readonly Conv2d _pointwise;
    private readonly Linear _tokens;

    /// <summary>Makes a layer.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out, a multiple of those in.</param>
    public PitLucidrainsPooling(int inputs, int outputs)
    {
        Initializer initializer = Initializer.FanInUniform;
        int multiplier = outputs / inputs;
        DepthwiseConv2d depthwise = new(inputs, kernel: 3, stride: 2, padding: 1, initializer: initializer, multiplier: multiplier);
        _depthwise = Add("downsample.net.0", depthwise);
        _pointwise = Add("downsample.net.1", new Conv2d(outputs, outputs, kernel: 1, initializer: initializer));
        _tokens = Add("cls_ff", new Linear(inputs, outputs, initializer: initializer));
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
    protected override Value Build(Value x) => _pointwise.Forward(_depthwise.Forward(x));
}
