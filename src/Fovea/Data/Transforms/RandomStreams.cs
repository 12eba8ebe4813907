namespace Fovea.Data;

/// <summary>Keys of random numbers that belong to a whole epoch or set instead of one image.</summary>
internal static class RandomStreams
{
    /// <summary>The "index" under which an epoch's order is drawn.</summary>
    public const ulong Order = ulong.MaxValue;

    /// <summary>The "epoch" under which validation splits are drawn.</summary>
    public const ulong Split = ulong.MaxValue;
}
