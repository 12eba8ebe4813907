namespace Fovea.Data;

/// <summary>What becomes of a last batch that is not full.</summary>
public enum LastBatch
{
    /// <summary>It is left out: for training.</summary>
    Drop,

    /// <summary>It is filled up with zeros and the label −1: for evaluation.</summary>
    Pad,
}

/// <summary>How a <see cref="DataLoader"/> gives its batches.</summary>
public sealed record DataLoaderOptions
{
    /// <summary>Images in a batch.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Whether each epoch has an order of its own, drawn from seed and epoch; otherwise the set's order.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>What becomes of a last batch that is not full.</summary>
    public LastBatch LastBatch { get; init; } = LastBatch.Drop;

    /// <summary>Random changes to the images; null for none.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>The seed of orders and augmentation.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads that decode and prepare. What they give does not depend on their number.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>How many batches may wait, prepared, for their turn.</summary>
    public int Prefetch { get; init; } = 3;

    /// <summary>The most bytes of decoded images to keep from one epoch to the next; 0 for none.</summary>
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>Options for evaluation: the set's own order, nothing left out, no augmentation.</summary>
    /// <param name="batchSize">Images in a batch.</param>
    /// <param name="threads">Threads that decode and prepare.</param>
    public static DataLoaderOptions ForEvaluation(int batchSize, int threads = 1) =>
        new() { BatchSize = batchSize, Shuffle = false, LastBatch = LastBatch.Pad, Threads = threads };
}
