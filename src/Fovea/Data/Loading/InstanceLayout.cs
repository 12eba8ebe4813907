namespace Fovea.Data;

/// <summary>
/// Images with objects: <c>images</c> (N, Height, Width, Channels), each in the upper left corner of its row with zeros right of it and
/// below, <c>sizes</c> (N, 2), rows and columns of each image, and the objects as <see cref="Batch.Instances"/>.
/// </summary>
/// <param name="preprocessing">Largest size, channels, and the multiple that sides are padded to.</param>
public sealed class InstanceLayout(Preprocessing preprocessing) : BatchLayout
{
    /// <summary>Name of the array of sizes, (N, 2): rows, columns.</summary>
    public const string SizesName = "sizes";

    /// <inheritdoc/>
    public override IReadOnlyList<BatchField> Fields { get; } =
        [ImagesField(preprocessing), new BatchField(SizesName, BatchElement.Float32, 2)];

    /// <inheritdoc/>
    public override bool HasWindows => true;

    /// <inheritdoc/>
    public override void Write(Sample sample, Batch batch, int row)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ArgumentNullException.ThrowIfNull(batch);
        WriteCorner(sample, batch, row, preprocessing);
        Span<float> size = batch[SizesName].FloatRow(row);
        (size[0], size[1]) = (sample.Height, sample.Width);
        batch.Instances[row] = [.. sample.Instances];
        ImageSize before = row == 0 ? default : batch.Window ?? default;
        batch.Window = new ImageSize(
            Math.Max(before.Width, preprocessing.PaddedSide(sample.Width)),
            Math.Max(before.Height, preprocessing.PaddedSide(sample.Height)));
    }
}
