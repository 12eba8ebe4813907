namespace Fovea.Data;

/// <summary>Counts of a part while its images are looked at.</summary>
/// <param name="classes">Names of the classes.</param>
internal sealed class PartCount(IReadOnlyList<string> classes)
{
    private const double SmallArea = 32 * 32;
    private const double LargeArea = 96 * 96;
    private readonly int[] _images = new int[classes.Count];
    private readonly int[,] _objects = new int[classes.Count, 3];
    private readonly long[] _pixels = new long[byte.MaxValue + 1];
    private int _empty;
    private int _crowds;

    /// <summary>Sizes of the images that can be read.</summary>
    public List<ImageSize> Sizes { get; } = [];

    /// <summary>Counts an image.</summary>
    /// <param name="images">The part.</param>
    /// <param name="index">Index of the image.</param>
    public void Add(ISampleSource images, int index)
    {
        if (images is IImageDataset labelled)
        {
            _images[labelled.LabelOf(index)]++;
        }
        else if (images is IInstanceDataset instances)
        {
            Add(Objects(instances, index));
        }
        else if (images is ISegmentationDataset labels)
        {
            Add(Pixels(labels, index));
        }
    }

    /// <summary>Gives the figures.</summary>
    /// <param name="name">Name of the part.</param>
    /// <param name="images">Number of images.</param>
    public PartCheck ToCheck(string name, int images)
    {
        ImageSize[] ordered = [.. Sizes.OrderBy(size => (long)size.Width * size.Height).ThenBy(size => size.Width)];
        ClassCount[] counts =
        [
            .. classes.Select((one, label) => new ClassCount(
                one, _images[label], _objects[label, 0], _objects[label, 1], _objects[label, 2]) { Pixels = _pixels[label] }),
        ];
        return new PartCheck(
            name, images, _empty, _crowds, ordered.Length == 0 ? [] : [ordered[0], ordered[ordered.Length / 2], ordered[^1]], counts)
        {
            IgnoredPixels = _pixels[ISegmentationDataset.Ignored],
        };
    }

    private void Add(ReadOnlySpan<byte> labels)
    {
        Span<int> counts = stackalloc int[byte.MaxValue + 1];
        counts.Clear();
        foreach (byte label in labels)
        {
            counts[label]++;
        }

        for (int label = 0; label < counts.Length; label++)
        {
            _pixels[label] += counts[label];
            if (label < _images.Length && counts[label] > 0)
            {
                _images[label]++;
            }
        }
    }

    private void Add(IReadOnlyList<Instance> objects)
    {
        _empty += objects.Count == 0 ? 1 : 0;
        foreach (Instance one in objects)
        {
            _objects[one.Box.Label, one.Area < SmallArea ? 0 : one.Area < LargeArea ? 1 : 2]++;
            _crowds += one.IsCrowd ? 1 : 0;
        }

        foreach (int label in objects.Select(one => one.Box.Label).Distinct())
        {
            _images[label]++;
        }
    }

    private static byte[] Pixels(ISegmentationDataset images, int index)
    {
        try
        {
            return images.LoadLabels(index).Pixels;
        }
        catch (InvalidImageException)
        {
            // It was named when its turn came.
            return [];
        }
    }

    private static IReadOnlyList<Instance> Objects(IInstanceDataset images, int index)
    {
        try
        {
            return images.InstancesOf(index);
        }
        catch (InvalidImageException)
        {
            // It was counted as unreadable when its turn came.
            return [];
        }
    }
}
