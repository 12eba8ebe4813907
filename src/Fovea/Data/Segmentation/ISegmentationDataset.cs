namespace Fovea.Data;

/// <summary>
/// A set of images whose pixels have classes. All members may be called from several threads at once. As a source of samples it gives each
/// image's label map as <see cref="Sample.Mask"/>.
/// </summary>
public interface ISegmentationDataset : IDataset
{
    /// <summary>Label of pixels that are neither learnt nor counted.</summary>
    const byte Ignored = byte.MaxValue;

    /// <summary>Colours of the classes, as the set states them; empty where it states none.</summary>
    IReadOnlyList<Rgb> Colors => [];

    /// <summary>Label map of an image set upright: one channel, the class of each pixel or <see cref="Ignored"/>.</summary>
    /// <param name="index">0 to <see cref="ISampleSource.Count"/> − 1.</param>
    /// <exception cref="InvalidImageException">
    /// The map cannot be read, has another size than the image, or an index beyond the classes.
    /// </exception>
    Image LoadLabels(int index);

    /// <inheritdoc/>
    void ISampleSource.Describe(int index, Sample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        sample.SetMask(LoadLabels(index));
    }
}
