namespace Fovea.Data;

/// <summary>The arrays of a batch, and the way of a sample into a row of each. An objective brings the layout that it needs.</summary>
public abstract class BatchLayout
{
    /// <summary>The arrays, in order.</summary>
    public abstract IReadOnlyList<BatchField> Fields { get; }

    /// <summary>
    /// True if images differ in size from batch to batch (<see cref="Batch.Window"/>); those of <see cref="Fields"/> then have the largest.
    /// </summary>
    public virtual bool HasWindows => false;

    /// <summary>Writes a sample into one row of each array; called from several threads at once, for different batches.</summary>
    /// <param name="sample">The sample, after all transforms.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="row">The row.</param>
    /// <exception cref="ArgumentException">The sample does not fit, or has no such target.</exception>
    public abstract void Write(Sample sample, Batch batch, int row);

    /// <summary>Field of prepared images: <c>images</c>, (N, Height, Width, Channels).</summary>
    /// <param name="preprocessing">Size and channels.</param>
    protected static BatchField ImagesField(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return new BatchField(Batch.ImagesName, BatchElement.Float32, preprocessing.Height, preprocessing.Width, preprocessing.Channels);
    }

    /// <summary>Writes the values of a normalised sample into a row of <c>images</c>.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="row">The row.</param>
    /// <exception cref="ArgumentException">The sample has another size than the batch's images, or is not normalised.</exception>
    protected static void WriteImage(Sample sample, Batch batch, int row)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ArgumentNullException.ThrowIfNull(batch);
        Span<float> destination = batch[Batch.ImagesName].FloatRow(row);
        if (sample.Values.Length != destination.Length)
        {
            throw new ArgumentException(
                $"The transforms gave {sample.Height}×{sample.Width}×{sample.Channels} "
                + $"{(sample.IsNormalized ? "numbers" : "pixels, not normalised")}, "
                + $"but the batch takes {string.Join('×', batch[Batch.ImagesName].Field.Shape)} numbers (height × width × channels).");
        }

        sample.Values.CopyTo(destination);
    }

    /// <summary>
    /// Writes the values of a normalised sample, which may be smaller than the batch's images, into the upper left corner of a row of
    /// <c>images</c>, with zeros right of it and below.
    /// </summary>
    /// <param name="sample">The sample.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="row">The row.</param>
    /// <param name="preprocessing">Size of the batch's images.</param>
    /// <exception cref="ArgumentException">The sample is larger than the batch's images, or is not normalised.</exception>
    private protected static void WriteCorner(Sample sample, Batch batch, int row, Preprocessing preprocessing)
    {
        if (!sample.IsNormalized || sample.Height > preprocessing.Height || sample.Width > preprocessing.Width)
        {
            throw new ArgumentException(
                $"The transforms gave {sample.Height}×{sample.Width} {(sample.IsNormalized ? "numbers" : "pixels, not normalised")}, "
                + $"but the batch takes numbers of at most {preprocessing.Height}×{preprocessing.Width} (height × width).");
        }

        Span<float> image = batch[Batch.ImagesName].FloatRow(row);
        (int line, int used) = (preprocessing.Width * preprocessing.Channels, sample.Width * preprocessing.Channels);
        image.Clear();
        for (int y = 0; y < sample.Height; y++)
        {
            sample.Values.Slice(y * used, used).CopyTo(image[(y * line)..]);
        }
    }
}

/// <summary>Images with the index of their class: <c>images</c> (N, Height, Width, Channels) and <c>labels</c> (N), integers.</summary>
/// <param name="preprocessing">Size and channels of the images.</param>
public sealed class LabelLayout(Preprocessing preprocessing) : BatchLayout
{
    /// <inheritdoc/>
    public override IReadOnlyList<BatchField> Fields { get; } =
        [ImagesField(preprocessing), new BatchField(Batch.LabelsName, BatchElement.Int32)];

    /// <inheritdoc/>
    public override void Write(Sample sample, Batch batch, int row)
    {
        WriteImage(sample, batch, row);
        batch.Labels[row] = sample.Label;
    }
}

/// <summary>
/// Images with a probability for each class: <c>images</c> (N, Height, Width, Channels) and <c>distribution</c> (N, classes).
/// A sample without a distribution gets 1 for its label and 0 for the other classes.
/// </summary>
/// <param name="preprocessing">Size and channels of the images.</param>
/// <param name="classes">Number of classes.</param>
public sealed class DistributionLayout(Preprocessing preprocessing, int classes) : BatchLayout
{
    /// <summary>Name of the array of probabilities, (N, classes).</summary>
    public const string DistributionName = "distribution";

    /// <inheritdoc/>
    public override IReadOnlyList<BatchField> Fields { get; } =
        [ImagesField(preprocessing), new BatchField(DistributionName, BatchElement.Float32, classes)];

    /// <inheritdoc/>
    public override void Write(Sample sample, Batch batch, int row)
    {
        WriteImage(sample, batch, row);
        Span<float> target = batch[DistributionName].FloatRow(row);
        if (sample.Distribution.Length > 0)
        {
            sample.Distribution.CopyTo(target);
            return;
        }

        target.Clear();
        target[sample.Label] = 1;
    }
}
