using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Shortcut of a block that changes channels or size (arXiv 1512.03385, section 3.3, option B): a 1×1 convolution and its normalisation.
/// </summary>
internal sealed class ResidualShortcut : Module
{
    private readonly Conv2d _convolution;
    private readonly BatchNorm2d _norm;

    /// <summary>Makes a shortcut.</summary>
    /// <param name="config">Options of the network.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="stride">Pixels between positions of the result.</param>
    public ResidualShortcut(ResNetConfig config, int inputs, int outputs, int stride)
    {
        _convolution = Add("0", new Conv2d(inputs, outputs, kernel: 1, stride, bias: config.IsLeaderj1001));
        _norm = Add("1", new BatchNorm2d(outputs, config.NormEpsilon));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => _norm.Forward(_convolution.Forward(x));
}
