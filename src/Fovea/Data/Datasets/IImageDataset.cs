namespace Fovea.Data;

/// <summary>
/// A set of images with one class each, addressed by index. All members may be called from several threads at once.
/// As a source of samples it gives each image's label.
/// </summary>
public interface IImageDataset : IDataset
{
    /// <summary>Label of an image, without decoding it.</summary>
    /// <param name="index">0 to <see cref="ISampleSource.Count"/> − 1.</param>
    int LabelOf(int index);

    /// <inheritdoc/>
    void ISampleSource.Describe(int index, Sample sample) => sample.Label = LabelOf(index);
}
