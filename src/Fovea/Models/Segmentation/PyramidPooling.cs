using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Pyramid pooling (arXiv 1612.01105, section 3.2): means over a map cut into few bins, of several numbers, each with a 1×1 convolution
/// and brought back to the map's size. Checkpoint keys <c>J.1.conv</c>, <c>J.1.bn</c>.
/// </summary>
internal sealed class PyramidPooling : Module
{
    private readonly IReadOnlyList<int> _bins;
    private readonly bool _alignCorners;
    private readonly NormalizedConvolution[] _convolutions;

    /// <summary>Makes the branches.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels of each branch.</param>
    /// <param name="bins">Bins along each side, of every branch.</param>
    /// <param name="alignCorners">True if the centres of the corners meet.</param>
    public PyramidPooling(int inputs, int outputs, IReadOnlyList<int> bins, bool alignCorners = false)
    {
        (_bins, _alignCorners) = (bins, alignCorners);
        _convolutions = [.. bins.Select((_, i) => Add($"{i}.1", new NormalizedConvolution(inputs, outputs, kernel: 1)))];
    }

    /// <summary>Builds the branches (N, H, W, C), each of the map's size.</summary>
    /// <param name="map">The map (N, H, W, C).</param>
    public IReadOnlyList<Value> Branches(Value map)
    {
        using (Enter(map.Graph))
        {
            return
            [
                .. _convolutions.Select((convolution, i) => convolution
                    .Forward(map.AdaptiveAveragePooling(_bins[i], _bins[i]))
                    .Resize(Interpolation.Bilinear, map.Shape[1], map.Shape[2], _alignCorners)),
            ];
        }
    }
}
