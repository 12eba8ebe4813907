using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Shows upright and wide images of another set in batches of their own, so that little of a batch is padding. Which images an epoch begins
/// with is as random as that set's own order.
/// </summary>
/// <param name="source">The set.</param>
/// <param name="batchSize">Images in a batch.</param>
internal sealed class AspectGrouping(IInstanceDataset source, int batchSize) : IInstanceDataset
{
    /// <inheritdoc/>
    public int Count => source.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => source.Classes;

    /// <inheritdoc/>
    public bool HasMasks => source.HasMasks;

    /// <inheritdoc/>
    public bool IsStreamed => source.IsStreamed;

    /// <inheritdoc/>
    public string NameOf(int index) => source.NameOf(index);

    /// <inheritdoc/>
    public Image Load(int index) => source.Load(index);

    /// <inheritdoc/>
    public Image Load(int index, ImageSize atLeast) => source.Load(index, atLeast);

    /// <inheritdoc/>
    public ImageSize SizeOf(int index) => source.SizeOf(index);

    /// <inheritdoc/>
    public IReadOnlyList<Instance> InstancesOf(int index) => source.InstancesOf(index);

    /// <inheritdoc/>
    public int[] DrawOrder(ref KeyedRandom random, int buffer)
    {
        List<int> grouped = [];
        List<int> upright = [];
        List<int> wide = [];
        foreach (int index in source.DrawOrder(ref random, buffer))
        {
            ImageSize size = source.SizeOf(index);
            List<int> group = size.Height > size.Width ? upright : wide;
            group.Add(index);
            if (group.Count == batchSize)
            {
                grouped.AddRange(group);
                group.Clear();
            }
        }

        return [.. grouped, .. upright, .. wide];
    }
}
