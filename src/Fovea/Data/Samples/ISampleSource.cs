using Fovea.Engine;

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

    /// <summary>True if samples are read fastest in the order of the source, such as from shards on a disk; false by default.</summary>
    bool IsStreamed => false;

    /// <summary>Draws the order of an epoch: all indices, each once. By default any order is as likely as any other.</summary>
    /// <param name="random">The epoch's random numbers; drawing moves them on.</param>
    /// <param name="buffer">Number of samples that a streamed source mixes; others pay no heed to it.</param>
    int[] DrawOrder(ref KeyedRandom random, int buffer)
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        random.Shuffle(order);
        return order;
    }

    /// <summary>Adds the target to a sample that holds the decoded image: label, distribution, boxes, mask.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <param name="sample">The sample, at the image's own size.</param>
    void Describe(int index, Sample sample);
}
