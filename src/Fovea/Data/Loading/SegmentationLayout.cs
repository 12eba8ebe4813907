namespace Fovea.Data;

/// <summary>
/// Images with the class of each pixel: <c>images</c> (N, Height, Width, Channels), each in the upper left corner of its row with zeros
/// right of it and below, and <c>labels</c> (N, Height, Width), integers, −1 where a pixel is left out or beyond the image.
/// </summary>
/// <param name="preprocessing">Size and channels of the images.</param>
public sealed class SegmentationLayout(Preprocessing preprocessing) : BatchLayout
{
    /// <inheritdoc/>
    public override IReadOnlyList<BatchField> Fields { get; } =
        [ImagesField(preprocessing), new BatchField(Batch.LabelsName, BatchElement.Int32, preprocessing.Height, preprocessing.Width)];

    /// <inheritdoc/>
    public override void Write(Sample sample, Batch batch, int row)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ArgumentNullException.ThrowIfNull(batch);
        WriteCorner(sample, batch, row, preprocessing);
        if (sample.Mask.IsEmpty)
        {
            throw new ArgumentException("The sample has no label map, from which a segmentation is learnt.", nameof(sample));
        }

        Span<int> labels = batch[Batch.LabelsName].IntegerRow(row);
        labels.Fill(-1);
        for (int y = 0; y < sample.Height; y++)
        {
            ReadOnlySpan<byte> line = sample.Mask.Slice(y * sample.Width, sample.Width);
            Span<int> to = labels.Slice(y * preprocessing.Width, sample.Width);
            for (int x = 0; x < line.Length; x++)
            {
                to[x] = line[x] == ISegmentationDataset.Ignored ? -1 : line[x];
            }
        }
    }
}
