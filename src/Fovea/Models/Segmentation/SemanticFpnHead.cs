using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Head of Semantic FPN (arXiv 1901.02446, section 3.1): each level of a pyramid is convolved and doubled until it has the size of the
/// finest, and all are added. Checkpoint keys <c>scale_heads.I.J</c>, where J counts convolutions by two.
/// </summary>
internal sealed class SemanticFpnHead : DecodeHead
{
    private readonly ScaleHead[] _scales;

    /// <summary>Makes a head.</summary>
    /// <param name="stages">Channels of the levels, the finest first.</param>
    /// <param name="strides">Strides of the levels, each a power of two times the first.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="options">Options; the published networks have 128 channels.</param>
    public SemanticFpnHead(IReadOnlyList<int> stages, IReadOnlyList<int> strides, int classes, DecodeHeadOptions options)
        : base(classes, options)
    {
        int[] doublings = [.. strides.Select(stride => int.Log2(stride) - int.Log2(strides[0]))];
        _scales = [.. stages.Select((channels, i) => Add($"scale_heads.{i}", new ScaleHead(channels, doublings[i], options)))];
    }

    /// <inheritdoc/>
    protected override Value Features(IReadOnlyList<Value> maps)
    {
        Value[] levels = [.. _scales.Select((scale, i) => scale.Forward(maps[i]))];
        return levels.Skip(1).Aggregate(levels[0], (sum, level) => sum + Resized(level, sum));
    }

    private sealed class ScaleHead : Module
    {
        private readonly NormalizedConvolution[] _convolutions;
        private readonly bool _doubles;
        private readonly bool _alignCorners;

        public ScaleHead(int channels, int doublings, DecodeHeadOptions options)
        {
            (_doubles, _alignCorners) = (doublings > 0, options.AlignCorners);
            _convolutions =
            [
                .. Enumerable.Range(0, Math.Max(1, doublings)).Select(i =>
                    Add($"{2 * i}", new NormalizedConvolution(i == 0 ? channels : options.Channels, options.Channels, kernel: 3))),
            ];
        }

        protected override Value Build(Value x)
        {
            foreach (NormalizedConvolution convolution in _convolutions)
            {
                x = convolution.Forward(x);
                x = _doubles ? x.Resize(Interpolation.Bilinear, 2 * x.Shape[1], 2 * x.Shape[2], _alignCorners) : x;
            }

            return x;
        }
    }
}
