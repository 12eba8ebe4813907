namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// RoIAlign over the levels of a pyramid (arXiv 1703.06870, section 3): each region of interest is cut into bins, and a bin is the mean of
/// bilinear samples on a regular grid inside it. Operands: the map (N, H, W, C) of each level; the regions (K, 5) as image index, x1, y1,
/// x2, y2 in image pixels; with several levels, the level of each region (K), integers. The result is (K, height, width, C). A region
/// whose image index is negative is empty: its result is 0 and no gradient comes from it. Regions have no gradient.
/// </summary>
/// <param name="Height">Rows of bins.</param>
/// <param name="Width">Columns of bins.</param>
/// <param name="Scales">Size of each level's map over the size of the image.</param>
/// <param name="SamplingRatio">Samples along each side of a bin; 0 for as many as the bin has pixels, rounded up.</param>
/// <param name="Aligned">
/// True to shift regions by half a pixel, so that they lie between pixel centres; false for the first form, in which regions have at least
/// one pixel on each side.
/// </param>
public sealed record RoiAlign(int Height, int Width, IReadOnlyList<float> Scales, int SamplingRatio, bool Aligned) : Operation
{
    /// <inheritdoc/>
    public override string Details => string.Concat(
        $"{Height}×{Width} bins, ",
        SamplingRatio > 0 ? $"{SamplingRatio}×{SamplingRatio} samples" : "adaptive samples",
        Aligned ? ", aligned" : "");

    /// <inheritdoc/>
    /// <remarks>Lists of scales compare by identity.</remarks>
    public override bool MayBeShared => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        int levels = Scales.Count;
        Require(Height > 0 && Width > 0 && SamplingRatio >= 0, () => $"bins and samples are counts, got {Details}");
        Require(levels > 0, () => "a pyramid has at least one level");
        RequireCount(inputs, levels + (levels > 1 ? 2 : 1));
        Shape first = inputs[0].Shape;
        for (int level = 0; level < levels; level++)
        {
            Shape map = inputs[level].Shape;
            RequireElementType(inputs, level, ElementType.Float32);
            Require(
                map.Rank == 4 && map[0] == first[0] && map.Last == first.Last,
                () => $"levels are maps (N, H, W, C) of equal N and C, got {first} and {map}");
        }

        Shape regions = inputs[levels].Shape;
        RequireElementType(inputs, levels, ElementType.Float32);
        Require(
            regions.Rank == 2 && regions[1] == 5, () => $"regions are rows of five numbers (image index, x1, y1, x2, y2), got {regions}");
        if (levels > 1)
        {
            RequireElementType(inputs, levels + 1, ElementType.Int32);
            Shape chosen = inputs[levels + 1].Shape;
            Require(chosen.Elements == regions[0], () => $"each of {regions[0]} regions has a level, got {chosen}");
        }

        return [new TensorType([regions[0], Height, Width, first.Last])];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        int levels = Scales.Count;
        RoiAlignGradient gradient = new(this, [.. node.Inputs.Take(levels).Select(map => map.Shape)]);
        Node maps = node.Graph.Add(gradient, [.. node.Inputs.Skip(levels), outputGradients[0]!]);
        return [.. maps.Outputs, .. node.Inputs.Skip(levels).Select(_ => (Value?)null)];
    }
}

/// <summary>The gradients of the maps of <see cref="RoiAlign"/> from the regions, their levels where there are several, and dy.</summary>
/// <param name="Forward">The pooling.</param>
/// <param name="Maps">The shape of each level's map.</param>
internal sealed record RoiAlignGradient(RoiAlign Forward, IReadOnlyList<Shape> Maps) : Operation
{
    /// <inheritdoc/>
    public override string Details => Forward.Details;

    /// <inheritdoc/>
    public override bool MayBeShared => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        bool hasLevels = Maps.Count > 1;
        RequireCount(inputs, hasLevels ? 3 : 2);
        RequireElementType(inputs, 0, ElementType.Float32);
        RequireElementType(inputs, 1, hasLevels ? ElementType.Int32 : ElementType.Float32);
        RequireElementType(inputs, inputs.Count - 1, ElementType.Float32);
        return [.. Maps.Select(map => new TensorType(map))];
    }
}

/// <summary>RoIAlign as methods on values.</summary>
public static partial class ValueExtensions
{
    /// <summary>RoIAlign on one map (N, H, W, C): regions (K, 5) give (K, height, width, C).</summary>
    /// <param name="map">The map.</param>
    /// <param name="regions">Rows of image index, x1, y1, x2, y2.</param>
    /// <param name="height">Rows of bins.</param>
    /// <param name="width">Columns of bins.</param>
    /// <param name="scale">Size of the map over the size of the image.</param>
    /// <param name="samplingRatio">Samples along each side of a bin; 0 for as many as the bin has pixels, rounded up.</param>
    /// <param name="aligned">True to shift regions by half a pixel.</param>
    public static Value RoiAlign(
        this Value map, Value regions, int height, int width, float scale, int samplingRatio = 0, bool aligned = true) =>
        map.Graph.Apply(new RoiAlign(height, width, [scale], samplingRatio, aligned), map, regions);

    /// <summary>RoIAlign on the maps of a pyramid: each of the regions (K, 5) is read from its own level.</summary>
    /// <param name="maps">The map (N, H, W, C) of each level, as many as there are scales.</param>
    /// <param name="regions">Rows of image index, x1, y1, x2, y2.</param>
    /// <param name="levels">Index of each region's level among the maps (K), integers; not read where there is one map.</param>
    /// <param name="pooling">Bins, scales and samples.</param>
    public static Value RoiAlign(this IReadOnlyList<Value> maps, Value regions, Value levels, RoiAlign pooling) =>
        maps[0].Graph.Apply(pooling, maps.Count > 1 ? [.. maps, regions, levels] : [.. maps, regions]);
}
