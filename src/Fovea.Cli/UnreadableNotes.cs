using Fovea.Data;

namespace Fovea.Cli;

/// <summary>Collects the images that are passed over in a run, to name them when the progress bars are gone.</summary>
internal sealed class UnreadableNotes : IProgress<UnreadableImage>
{
    private readonly Lock _gate = new();
    private readonly List<UnreadableImage> _images = [];

    /// <summary>Number of images.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _images.Count;
            }
        }
    }

    /// <inheritdoc/>
    public void Report(UnreadableImage value)
    {
        lock (_gate)
        {
            _images.Add(value);
        }
    }

    /// <summary>Names the images.</summary>
    public void Show(VerbContext context)
    {
        lock (_gate)
        {
            DatasetNotes.Show(context, [.. _images.OrderBy(image => image.Name, StringComparer.Ordinal)]);
        }
    }
}
