using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// A convolution without a bias, batch normalisation, and a ReLU. Checkpoint keys <c>conv</c> and <c>bn</c>.
/// </summary>
internal sealed class NormalizedConvolution : Module
{
    private readonly Conv2d _convolution;
    private readonly BatchNorm2d _norm;

    /// <summary>Makes a layer that keeps the size of maps.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Taps along each side, an odd number.</param>
    public NormalizedConvolution(int inputs, int outputs, int kernel)
    {
        _convolution = Add("conv", new Conv2d(inputs, outputs, kernel, padding: kernel / 2, bias: false));
        _norm = Add("bn", new BatchNorm2d(outputs));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => _norm.Forward(_convolution.Forward(x)).Relu();
}
