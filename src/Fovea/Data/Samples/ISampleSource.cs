namespace Fovea.Data;

/// <summary>
/// Images with targets of any kind, addressed by index: the input of a <see cref="DataLoader"/>. All members may be called from several
/// threads at once.
/// </summary>
/// <remarks>A set of images with one class each is an <see cref="IImageDataset"/>, which is a source by itself.</remarks>
public interface ISampleSource
{
    /// <summary>Number of samples.</summary>
    int Count { get; }

    /// <summary>Short name of a sample for messages and reports, such as <c>cat/0001.jpg</c>.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    string NameOf(int index);

    /// <summary>Decodes an image; its pixels may be shared and must not be written to.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="InvalidImageException">The image cannot be decoded.</exception>
    Image Load(int index);

    /// <summary>Decodes an image, possibly at a smaller size where that is faster; at its own size unless a source knows better.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <param name="atLeast">Size that the result must not fall below.</param>
    /// <exception cref="InvalidImageException">The image cannot be decoded.</exception>
    Image Load(int index, ImageSize atLeast) => Load(index);

    /// <summary>Adds the target to a sample that holds the decoded image: label, distribution, boxes, mask.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <param name="sample">The sample, at the image's own size.</param>
    void Describe(int index, Sample sample);
}
