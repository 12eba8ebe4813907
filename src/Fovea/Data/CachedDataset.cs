namespace Fovea.Data;

/// <summary>Keeps decoded pictures of another set in memory, up to a budget, so that each is decoded once.</summary>
/// <remarks>It decodes on demand; once the budget is spent, the pictures that are not kept are decoded every time.</remarks>
public sealed class CachedDataset : IPictureDataset
{
    private readonly IPictureDataset _source;
    private readonly Picture?[] _pictures;
    private readonly long _budget;
    private long _used;

    /// <summary>Wraps a set.</summary>
    /// <param name="source">The set.</param>
    /// <param name="budget">The most bytes of pixels to keep.</param>
    public CachedDataset(IPictureDataset source, long budget)
    {
        ArgumentNullException.ThrowIfNull(source);
        (_source, _budget, _pictures) = (source, budget, new Picture?[source.Count]);
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
    public Picture Load(int index)
    {
        if (Volatile.Read(ref _pictures[index]) is { } kept)
        {
            return kept;
        }

        var picture = _source.Load(index);
        if (Volatile.Read(ref _used) + picture.Pixels.Length > _budget)
        {
            return picture;
        }

        if (Interlocked.CompareExchange(ref _pictures[index], picture, null) is { } other)
        {
            return other;
        }

        Interlocked.Add(ref _used, picture.Pixels.Length);
        return picture;
    }
}
