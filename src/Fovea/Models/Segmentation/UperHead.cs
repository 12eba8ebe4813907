namespace Fovea.Models;

/// <summary>
/// UPerNet's head (arXiv 1807.10221): pyramid pooling on the coarsest map, a feature pyramid from there, and all its levels joined at the
/// size of the finest. Checkpoint keys <c>psp_modules</c>, <c>bottleneck</c>, <c>lateral_convs.I</c>, <c>fpn_convs.I</c>,
/// <c>fpn_bottleneck</c>.
/// </summary>
internal sealed class UperHead : DecodeHead
{
    private readonly PyramidPooling _pooling;
    private readonly NormalizedConvolution _coarsest;
    private readonly NormalizedConvolution[] _laterals;
    private readonly NormalizedConvolution[] _outputs;
    private readonly NormalizedConvolution _joined;

    /// <summary>Makes a head.</summary>
    /// <param name="stages">Channels of the maps, the finest first.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="options">Options.</param>
    /// <param name="bins">Bins along each side of pyramid pooling; 1, 2, 3 and 6 where null.</param>
    public UperHead(IReadOnlyList<int> stages, int classes, DecodeHeadOptions options, IReadOnlyList<int>? bins = null)
        : base(classes, options)
    {
        int width = options.Channels;
        int[] finer = [.. stages.SkipLast(1)];
        bins ??= [1, 2, 3, 6];
        _pooling = Add("psp_modules", new PyramidPooling(stages[^1], width, bins, options.AlignCorners));
        _coarsest = Add("bottleneck", new NormalizedConvolution(stages[^1] + (bins.Count * width), width, kernel: 3));
        _laterals = [.. finer.Select((channels, i) => Add($"lateral_convs.{i}", new NormalizedConvolution(channels, width, kernel: 1)))];
        _outputs = [.. finer.Select((_, i) => Add($"fpn_convs.{i}", new NormalizedConvolution(width, width, kernel: 3)))];
        _joined = Add("fpn_bottleneck", new NormalizedConvolution(stages.Count * width, width, kernel: 3));
    }

    /// <inheritdoc/>
    protected override Value Features(IReadOnlyList<Value> maps)
    {
        Value coarsest = _coarsest.Forward(new[] { maps[^1] }.Concat(_pooling.Branches(maps[^1])).ToArray().Concat(3));
        Value[] sums = [.. _laterals.Select((lateral, i) => lateral.Forward(maps[i])), coarsest];
        for (int i = sums.Length - 2; i >= 0; i--)
        {
            sums[i] += Resized(sums[i + 1], sums[i]);
        }

        Value[] levels = [.. _outputs.Select((output, i) => output.Forward(sums[i])), coarsest];
        return _joined.Forward(levels.Select((level, i) => i == 0 ? level : Resized(level, levels[0])).ToArray().Concat(3));
    }
}
