namespace Fovea.Data;

/// <summary>
/// The batches of an epoch that one of several loaders prepares: of each group of <paramref name="Of"/> batches those from
/// <paramref name="First"/> on, <paramref name="Count"/> of them.
/// </summary>
/// <param name="First">First batch of the share in each group, from 0.</param>
/// <param name="Count">Batches of the share in each group.</param>
/// <param name="Of">Batches of a group.</param>
internal readonly record struct BatchShare(int First, int Count, int Of)
{
    /// <summary>The share of a loader that prepares all batches.</summary>
    public static BatchShare All { get; } = new(0, 1, 1);

    /// <summary>Number, in the epoch, of a batch of the share.</summary>
    /// <param name="index">Number of the batch in the share, from 0.</param>
    public int NumberOf(int index) => (index / Count * Of) + First + (index % Count);

    /// <summary>Batches of the share in front of a batch of the epoch.</summary>
    /// <param name="number">Number of the batch in the epoch.</param>
    public int Before(int number) => (number / Of * Count) + Math.Clamp((number % Of) - First, 0, Count);
}
