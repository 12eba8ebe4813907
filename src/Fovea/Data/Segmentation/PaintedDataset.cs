namespace Fovea.Data;

/// <summary>
/// Images whose objects' masks are painted as label maps: crowds, which are left out, lie below all others, and large objects below small
/// ones.
/// </summary>
/// <param name="source">Images with masks of objects.</param>
/// <param name="classes">Names of the classes.</param>
/// <param name="labels">Label of each class of the objects.</param>
/// <param name="outside">Label of the pixels outside of all objects.</param>
internal sealed class PaintedDataset(
    IInstanceDataset source, IReadOnlyList<string> classes, IReadOnlyList<int> labels, byte outside) : ISegmentationDataset
{
    /// <inheritdoc/>
    public int Count => source.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => classes;

    /// <inheritdoc/>
    public string NameOf(int index) => source.NameOf(index);

    /// <inheritdoc/>
    public Image Load(int index) => source.Load(index);

    /// <inheritdoc/>
    public Image LoadLabels(int index)
    {
        ImageSize size = source.SizeOf(index);
        byte[] map = new byte[size.Width * size.Height];
        map.AsSpan().Fill(outside);
        foreach (Instance one in source.InstancesOf(index)
            .Where(one => one.Mask is not null)
            .OrderByDescending(one => one.IsCrowd)
            .ThenByDescending(one => one.Mask!.Area))
        {
            one.Mask!.Paint(map, one.IsCrowd ? ISegmentationDataset.Ignored : (byte)labels[one.Box.Label]);
        }

        return new Image(size.Width, size.Height, 1, map);
    }
}
