using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Some of the images of another set, in a given order, with all of its classes.</summary>
public sealed class SubsetDataset : IImageDataset
{
    private readonly IImageDataset _whole;
    private readonly int[] _indices;

    /// <summary>Takes images from a set.</summary>
    /// <param name="whole">The set.</param>
    /// <param name="indices">Indices of images, in order.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index lies outside the set.</exception>
    public SubsetDataset(IImageDataset whole, IEnumerable<int> indices)
    {
        ArgumentNullException.ThrowIfNull(whole);
        ArgumentNullException.ThrowIfNull(indices);
        _whole = whole;
        _indices = [.. indices];
        foreach (int index in _indices)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)whole.Count, nameof(indices));
        }
    }

    /// <inheritdoc/>
    public int Count => _indices.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => _whole.Classes;

    /// <summary>Splits a set in two, class by class, always in the same way for the same seed.</summary>
    /// <param name="whole">The set.</param>
    /// <param name="fraction">
    /// The share of each class that goes into the second part, between 0 and 1 exclusive, rounded to whole images; a class of two images
    /// or more has at least one in each part, a class of one image keeps it in the first.
    /// </param>
    /// <param name="seed">The seed of the choice.</param>
    /// <returns>The two parts, each in the set's own order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not between 0 and 1.</exception>
    public static (SubsetDataset Training, SubsetDataset Validation) Split(IImageDataset whole, double fraction, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(whole);
        if (!(fraction > 0 && fraction < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(fraction), fraction, "The fraction for validation lies between 0 and 1, both excluded.");
        }

        List<int> training = [];
        List<int> validation = [];
        IEnumerable<IGrouping<int, int>> classes = Enumerable.Range(0, whole.Count).GroupBy(whole.LabelOf).OrderBy(group => group.Key);
        foreach (IGrouping<int, int> group in classes)
        {
            int[] members = [.. group];
            KeyedRandom random = new(seed, RandomStreams.Split, (ulong)group.Key);
            random.Shuffle(members);
            int taken = (int)Math.Round(members.Length * fraction, MidpointRounding.AwayFromZero);
            taken = members.Length == 1 ? 0 : Math.Clamp(taken, 1, members.Length - 1);
            validation.AddRange(members.AsSpan(0, taken));
            training.AddRange(members.AsSpan(taken));
        }

        return (new SubsetDataset(whole, training.Order()), new SubsetDataset(whole, validation.Order()));
    }

    /// <inheritdoc/>
    public int LabelOf(int index) => _whole.LabelOf(_indices[index]);

    /// <inheritdoc/>
    public Image Load(int index) => _whole.Load(_indices[index]);

    /// <inheritdoc/>
    public Image Load(int index, ImageSize atLeast) => _whole.Load(_indices[index], atLeast);

    /// <inheritdoc/>
    public string NameOf(int index) => _whole.NameOf(_indices[index]);

    /// <inheritdoc/>
    public bool IsStreamed => _whole.IsStreamed;

    /// <inheritdoc/>
    public int[] DrawOrder(ref KeyedRandom random, int buffer)
    {
        if (!IsStreamed)
        {
            int[] any = [.. Enumerable.Range(0, Count)];
            random.Shuffle(any);
            return any;
        }

        ILookup<int, int> own = Enumerable.Range(0, Count).ToLookup(i => _indices[i]);
        return [.. _whole.DrawOrder(ref random, buffer).SelectMany(index => own[index])];
    }

    /// <inheritdoc/>
    public void Describe(int index, Sample sample) => _whole.Describe(_indices[index], sample);
}
