namespace Fovea.Data;

/// <summary>Keys of random numbers that belong to a whole epoch or set instead of one image.</summary>
internal static class RandomStreams
{
    /// <summary>The "index" under which an epoch's order is drawn.</summary>
    public const ulong Order = ulong.MaxValue;

    /// <summary>The "index" under which an image's transforms draw: its own for the first copy.</summary>
    /// <param name="index">Index of the image in its source.</param>
    /// <param name="copy">Number of the copy in the epoch, from 0.</param>
    public static ulong Image(int index, int copy) => (uint)index | ((ulong)copy << 32);

    /// <summary>The "index" under which a batch's transforms draw.</summary>
    /// <param name="number">Number of the batch in its epoch.</param>
    public static ulong Batch(int number) => Order - 1 - (ulong)number;

    /// <summary>The "epoch" under which the substitutes of unreadable images are drawn.</summary>
    /// <param name="epoch">The epoch.</param>
    public static ulong Substitutes(ulong epoch) => Split - 1 - epoch;

    /// <summary>The "epoch" under which validation splits are drawn.</summary>
    public const ulong Split = ulong.MaxValue;
}
