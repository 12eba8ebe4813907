using Fovea.Detection;

namespace Fovea.Models;

/// <summary>
/// Choice that depends on the data, between the differentiable parts of a detector: host code on boxes, with results of fixed capacity.
/// Nothing is learnt through it.
/// </summary>
internal abstract record HostOperation : CustomOperation
{
    /// <inheritdoc/>
    public override bool MayBeShared => false;

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) => new Value?[node.Inputs.Length];

    /// <summary>Numbers of a region: image index, x1, y1, x2, y2.</summary>
    public const int RegionNumbers = 5;

    /// <summary>Type of a result of integers.</summary>
    protected static TensorType Integers(Shape shape) => new(shape, ElementType.Int32);

    /// <summary>Rows and columns of an image, from the operand of sizes (N, 2).</summary>
    protected static (int Height, int Width) SizeOf(ReadOnlySpan<float> sizes, int image) =>
        ((int)sizes[2 * image], (int)sizes[(2 * image) + 1]);

    /// <summary>Divides weights of losses by their normaliser.</summary>
    protected static void Divide(Span<float> weights, float normalizer)
    {
        foreach (ref float weight in weights)
        {
            weight /= normalizer;
        }
    }

    /// <summary>Writes boxes of an image as regions, and empty regions behind them.</summary>
    /// <param name="image">Index of the image.</param>
    /// <param name="boxes">The boxes.</param>
    /// <param name="mapper">Rule for the level of a region.</param>
    /// <param name="regions">Room for regions, image index −1 where there is none.</param>
    /// <param name="levels">Level of each region.</param>
    protected static void WriteRegions(int image, ReadOnlySpan<float> boxes, LevelMapper mapper, Span<float> regions, Span<int> levels)
    {
        int count = boxes.Length / Boxes.Numbers;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> box = Boxes.At(boxes, i);
            regions[RegionNumbers * i] = image;
            box.CopyTo(regions[((RegionNumbers * i) + 1)..]);
            levels[i] = mapper.IndexOf(box);
        }

        levels[count..].Clear();
        Span<float> empty = regions[(RegionNumbers * count)..];
        empty.Clear();
        for (int i = 0; i < empty.Length; i += RegionNumbers)
        {
            empty[i] = -1;
        }
    }

    /// <summary>Reads the boxes of an image's regions.</summary>
    /// <param name="regions">Regions of the image, empty ones last.</param>
    /// <param name="boxes">Room for as many boxes.</param>
    /// <returns>Number of boxes.</returns>
    protected static int ReadBoxes(ReadOnlySpan<float> regions, Span<float> boxes)
    {
        int count = 0;
        while (RegionNumbers * count < regions.Length && regions[RegionNumbers * count] >= 0)
        {
            regions.Slice((RegionNumbers * count) + 1, Boxes.Numbers).CopyTo(Boxes.At(boxes, count));
            count++;
        }

        return count;
    }
}
