namespace Fovea.Data;

/// <summary>A set of labelled images, addressed by index. All members may be called from several threads at once.</summary>
public interface IImageDataset
{
    /// <summary>The number of images.</summary>
    int Count { get; }

    /// <summary>The classes' names; a label is an index into this list.</summary>
    IReadOnlyList<string> Classes { get; }

    /// <summary>The label of an image, without decoding it.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    int LabelOf(int index);

    /// <summary>Decodes an image; its pixels may be shared and must not be written to.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="InvalidImageException">The image cannot be decoded.</exception>
    Image Load(int index);

    /// <summary>A short name for reports, such as <c>cat/0001.jpg</c>.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    string NameOf(int index);
}
