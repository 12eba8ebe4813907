using Fovea.Layers;

namespace Fovea.Models;

/// <summary>3×3 convolutions of stride 1, each with a ReLU: what detection heads begin with. Checkpoint keys <c>I.0</c>.</summary>
internal sealed class ConvolutionStack : Module
{
    private readonly List<Conv2d> _convolutions = [];

    /// <summary>Makes a stack.</summary>
    /// <param name="channels">Channels in.</param>
    /// <param name="widths">Channels out of each convolution.</param>
    /// <param name="initializer">Initializer of the weights.</param>
    public ConvolutionStack(int channels, IReadOnlyList<int> widths, Initializer initializer)
    {
        Channels = channels;
        foreach (int width in widths)
        {
            string key = $"{_convolutions.Count}.0";
            _convolutions.Add(Add(key, new Conv2d(Channels, width, kernel: 3, padding: 1, initializer: initializer)));
            Channels = width;
        }
    }

    /// <summary>Channels out.</summary>
    public int Channels { get; }

    /// <inheritdoc/>
    protected override Value Build(Value x) => _convolutions.Aggregate(x, (map, convolution) => convolution.Forward(map).Relu());
}
