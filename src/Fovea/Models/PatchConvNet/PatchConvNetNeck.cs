using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Neck that makes a pyramid of PatchConvNet's one map of stride 16, as XCiT's detectors do: transposed convolutions up to strides 4
/// and 8, the map itself, and pooling down to stride 32. Checkpoint keys <c>fpn1.0</c>, <c>fpn1.1</c>, <c>fpn1.3</c>, <c>fpn2.0</c>.
/// </summary>
internal sealed class PatchConvNetNeck : Module
{
    private readonly ConvTranspose2d _first;
    private readonly BatchNorm2d _norm;
    private readonly ConvTranspose2d _second;
    private readonly ConvTranspose2d _single;

    /// <summary>Makes a neck.</summary>
    /// <param name="channels">Channels of the map, and of all levels.</param>
    public PatchConvNetNeck(int channels)
    {
        _first = Add("fpn1.0", Double());
        _norm = Add("fpn1.1", new BatchNorm2d(channels));
        _second = Add("fpn1.3", Double());
        _single = Add("fpn2.0", Double());

        ConvTranspose2d Double() => new(channels, channels, initializer: Initializer.FanInUniform);
    }

    /// <summary>Strides of the four levels of a trunk.</summary>
    /// <param name="stride">Stride of the trunk, a multiple of 4.</param>
    public static IReadOnlyList<int> StridesOf(int stride) => [stride / 4, stride / 2, stride, 2 * stride];

    /// <summary>Builds four levels of strides 4, 8, 16 and 32 from the trunk's map (N, H, W, C).</summary>
    public IReadOnlyList<Value> Levels(Value map)
    {
        using (Enter(map.Graph))
        {
            Value finest = _second.Forward(_norm.Forward(_first.Forward(map)).Gelu());
            return [finest, _single.Forward(map), map, map.MaxPooling(new WindowSpec(2, Stride: 2))];
        }
    }
}
