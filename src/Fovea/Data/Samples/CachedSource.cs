using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Keeps decoded images of another source in memory, up to a budget, so that each is decoded once.</summary>
/// <remarks>Images are decoded on demand; once the budget is spent, those that are not kept are decoded every time.</remarks>
internal sealed class CachedSource : ISampleSource
{
    private readonly ISampleSource _source;
    private readonly Image?[] _images;
    private readonly long _budget;
    private long _used;

    /// <summary>Wraps a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="budget">The most bytes of pixels to keep.</param>
    public CachedSource(ISampleSource source, long budget)
    {
        ArgumentNullException.ThrowIfNull(source);
        (_source, _budget, _images) = (source, budget, new Image?[source.Count]);
    }

    /// <inheritdoc/>
    public int Count => _source.Count;

    /// <inheritdoc/>
    public string NameOf(int index) => _source.NameOf(index);

    /// <inheritdoc/>
    public bool IsStreamed => _source.IsStreamed;

    /// <inheritdoc/>
    public int[] DrawOrder(ref KeyedRandom random, int buffer) => _source.DrawOrder(ref random, buffer);

    /// <inheritdoc/>
    public void Describe(int index, Sample sample) => _source.Describe(index, sample);

    /// <inheritdoc/>
    public Image Load(int index) => Load(index, null);

    /// <inheritdoc/>
    /// <remarks>Whoever asks for smaller images does so each time: what is kept is what was asked for first.</remarks>
    public Image Load(int index, ImageSize atLeast) => Load(index, (ImageSize?)atLeast);

    private Image Load(int index, ImageSize? atLeast)
    {
        if (Volatile.Read(ref _images[index]) is Image kept)
        {
            return kept;
        }

        Image image = atLeast is ImageSize size ? _source.Load(index, size) : _source.Load(index);
        if (Volatile.Read(ref _used) + image.Pixels.Length > _budget)
        {
            return image;
        }

        if (Interlocked.CompareExchange(ref _images[index], image, null) is Image other)
        {
            return other;
        }

        Interlocked.Add(ref _used, image.Pixels.Length);
        return image;
    }
}
