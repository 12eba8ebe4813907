namespace Fovea.Data;

/// <summary>Keeps decoded images of another set in memory, up to a budget, so that each is decoded once.</summary>
/// <remarks>It decodes on demand; once the budget is spent, the images that are not kept are decoded every time.</remarks>
public sealed class CachedDataset : IImageDataset
{
    private readonly IImageDataset _source;
    private readonly Image?[] _images;
    private readonly long _budget;
    private long _used;

    /// <summary>Wraps a set.</summary>
    /// <param name="source">The set.</param>
    /// <param name="budget">The most bytes of pixels to keep.</param>
    public CachedDataset(IImageDataset source, long budget)
    {
        ArgumentNullException.ThrowIfNull(source);
        (_source, _budget, _images) = (source, budget, new Image?[source.Count]);
    }

    /// <inheritdoc/>
    public int Count => _source.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => _source.Classes;

    /// <inheritdoc/>
    public int LabelOf(int index) => _source.LabelOf(index);

    /// <inheritdoc/>
    public string NameOf(int index) => _source.NameOf(index);

    /// <inheritdoc/>
    public Image Load(int index)
    {
        if (Volatile.Read(ref _images[index]) is { } kept)
        {
            return kept;
        }

        var image = _source.Load(index);
        if (Volatile.Read(ref _used) + image.Pixels.Length > _budget)
        {
            return image;
        }

        if (Interlocked.CompareExchange(ref _images[index], image, null) is { } other)
        {
            return other;
        }

        Interlocked.Add(ref _used, image.Pixels.Length);
        return image;
    }
}
