using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Keeps decoded images of another set in memory, up to a budget, as <see cref="CachedSource"/> does.</summary>
internal sealed class CachedDataset : IImageDataset
{
    private readonly IImageDataset _dataset;
    private readonly CachedSource _cache;

    /// <summary>Wraps a set.</summary>
    /// <param name="source">The set.</param>
    /// <param name="budget">The most bytes of pixels to keep.</param>
    public CachedDataset(IImageDataset source, long budget) => (_dataset, _cache) = (source, new CachedSource(source, budget));

    /// <inheritdoc/>
    public int Count => _cache.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => _dataset.Classes;

    /// <inheritdoc/>
    public int LabelOf(int index) => _dataset.LabelOf(index);

    /// <inheritdoc/>
    public string NameOf(int index) => _cache.NameOf(index);

    /// <inheritdoc/>
    public Image Load(int index) => _cache.Load(index);

    /// <inheritdoc/>
    public Image Load(int index, ImageSize atLeast) => _cache.Load(index, atLeast);

    /// <inheritdoc/>
    public bool IsStreamed => _cache.IsStreamed;

    /// <inheritdoc/>
    public int[] DrawOrder(ref KeyedRandom random, int buffer) => _cache.DrawOrder(ref random, buffer);

    /// <inheritdoc/>
    public void Describe(int index, Sample sample) => _cache.Describe(index, sample);
}
