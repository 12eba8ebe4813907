using Fovea.Engine;

namespace Fovea.Data;

/// <summary>The images of another set with the labels of other classes.</summary>
/// <param name="whole">The set.</param>
/// <param name="classes">The new classes.</param>
/// <param name="labels">The new label of each of the set's own.</param>
internal sealed class RelabeledDataset(IImageDataset whole, IReadOnlyList<string> classes, int[] labels) : IImageDataset
{
    /// <inheritdoc/>
    public int Count => whole.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => classes;

    /// <inheritdoc/>
    public int LabelOf(int index) => labels[whole.LabelOf(index)];

    /// <inheritdoc/>
    public string NameOf(int index) => whole.NameOf(index);

    /// <inheritdoc/>
    public Image Load(int index) => whole.Load(index);

    /// <inheritdoc/>
    public Image Load(int index, ImageSize atLeast) => whole.Load(index, atLeast);

    /// <inheritdoc/>
    public bool IsStreamed => whole.IsStreamed;

    /// <inheritdoc/>
    public int[] DrawOrder(ref KeyedRandom random, int buffer) => whole.DrawOrder(ref random, buffer);

    /// <inheritdoc/>
    public void Describe(int index, Sample sample)
    {
        whole.Describe(index, sample);
        sample.Label = LabelOf(index);
    }
}
