using System.Collections.Concurrent;

namespace Fovea.Data;

/// <summary>An image that could not be read and was passed over.</summary>
/// <param name="Index">Its index in the source.</param>
/// <param name="Name">Its name in the source.</param>
/// <param name="Problem">Sentence about what is wrong with it, with its file.</param>
public sealed record UnreadableImage(int Index, string Name, string Problem);

/// <summary>
/// Images of a source that could not be read: each is counted once, and passed over as long as there are not too many. Several loaders of
/// one source may share it. All members may be called from several threads at once.
/// </summary>
/// <param name="max">Largest number of images that are passed over; 0 for none.</param>
/// <param name="listener">Told of each image once, on a thread of the loader.</param>
public sealed class UnreadableImages(int max = 0, IProgress<UnreadableImage>? listener = null)
{
    private readonly ConcurrentDictionary<int, UnreadableImage> _images = new();

    /// <summary>Largest number of images that are passed over.</summary>
    public int Max { get; } = max;

    /// <summary>The images so far, in the order of their indices.</summary>
    public IReadOnlyList<UnreadableImage> Images => [.. _images.Values.OrderBy(image => image.Index)];

    /// <summary>The usual limit: one image in a hundred, at least one.</summary>
    /// <param name="count">Number of images of the source.</param>
    public static int UsualLimit(int count) => Math.Max(1, count / 100);

    /// <summary>True if an image is known to be unreadable.</summary>
    /// <param name="index">Its index in the source.</param>
    internal bool Contains(int index) => _images.ContainsKey(index);

    /// <summary>Counts an image.</summary>
    /// <param name="index">Its index in the source.</param>
    /// <param name="name">Its name in the source.</param>
    /// <param name="error">The failure to read it.</param>
    /// <exception cref="InvalidImageException">There are too many now.</exception>
    internal void Add(int index, string name, InvalidImageException error)
    {
        UnreadableImage image = new(index, name, error.Message);
        if (!_images.TryAdd(index, image))
        {
            return;
        }

        int count = _images.Count;
        if (count > Max)
        {
            string limit = Max == 0 ? "" : $" {count} images cannot be read now, and {Max} may be passed over.";
            throw new InvalidImageException(
                error.Name, $"{error.Message[(error.Name.Length + 2)..]}{limit}", [new Remedy.PassOverUnreadable(count)], error);
        }

        listener?.Report(image);
    }
}
