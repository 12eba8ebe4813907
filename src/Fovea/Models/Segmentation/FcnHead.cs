namespace Fovea.Models;

/// <summary>
/// Head of a fully convolutional network (arXiv 1411.4038) on one map; as an auxiliary head it is there for training only. Checkpoint keys
/// <c>convs.I</c>, <c>conv_cat</c>.
/// </summary>
internal sealed class FcnHead : DecodeHead
{
    private readonly NormalizedConvolution[] _convolutions;
    private readonly NormalizedConvolution? _joined;

    /// <summary>Makes a head.</summary>
    /// <param name="inputs">Channels of the map.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="options">Options; auxiliary heads have 256 channels.</param>
    /// <param name="convolutions">Number of 3×3 convolutions.</param>
    /// <param name="concatInput">True for a further convolution of the map and what the others made of it.</param>
    public FcnHead(int inputs, int classes, DecodeHeadOptions options, int convolutions = 1, bool concatInput = false)
        : base(classes, options)
    {
        int width = options.Channels;
        _convolutions =
        [
            .. Enumerable.Range(0, convolutions).Select(i =>
                Add($"convs.{i}", new NormalizedConvolution(i == 0 ? inputs : width, width, kernel: 3))),
        ];
        _joined = concatInput ? Add("conv_cat", new NormalizedConvolution(inputs + width, width, kernel: 3)) : null;
    }

    /// <inheritdoc/>
    protected override Value Features(IReadOnlyList<Value> maps)
    {
        Value features = _convolutions.Aggregate(maps[0], (map, convolution) => convolution.Forward(map));
        return _joined is null ? features : _joined.Forward(new[] { maps[0], features }.Concat(3));
    }
}
