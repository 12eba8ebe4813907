namespace Fovea.Data;

/// <summary>Rule for a last batch that is not full.</summary>
public enum LastBatch
{
    /// <summary>Leave it out: for training.</summary>
    Drop,

    /// <summary>Fill it up with zeros and the label −1: for evaluation.</summary>
    Pad,
}

/// <summary>Options of a <see cref="DataLoader"/>: batches, order, transforms, threads.</summary>
public sealed record DataLoaderOptions
{
    /// <summary>Images in a batch.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>True for an order drawn from seed and epoch; false for the source's order.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Rule for a last batch that is not full.</summary>
    public LastBatch LastBatch { get; init; } = LastBatch.Drop;

    /// <summary>Random changes to the images; null for none.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>Transforms of one's own, applied to pixels after the augmentation's crop and flip, before normalisation.</summary>
    public IReadOnlyList<ISampleTransform> Transforms { get; init; } = [];

    /// <summary>
    /// The whole chain of transforms, normalisation included, in place of <see cref="Augmentation"/> and <see cref="Transforms"/>; null for
    /// the chain of those.
    /// </summary>
    public IReadOnlyList<ISampleTransform>? Chain { get; init; }

    /// <summary>Transforms of a filled batch, in order.</summary>
    public IReadOnlyList<IBatchTransform> BatchTransforms { get; init; } = [];

    /// <summary>The arrays of a batch; <see cref="LabelLayout"/> where null.</summary>
    public BatchLayout? Layout { get; init; }

    /// <summary>Number of samples that a streamed source, such as shards on a disk, mixes in an epoch's order.</summary>
    public int ShuffleBuffer { get; init; } = 8192;

    /// <summary>Seed of orders and transforms.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads that decode and prepare. The batches do not depend on their number.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Batches prepared ahead.</summary>
    public int Prefetch { get; init; } = 3;

    /// <summary>Largest number of bytes of decoded images to keep from one epoch to the next; 0 for none.</summary>
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>
    /// True to decode large JPEG images at a fraction of their size that is just as large as the preprocessing's resize asks for. Faster,
    /// but pixels differ a little from those of other readers, and random crops are cut from the smaller image. Off by default.
    /// </summary>
    public bool ScaledDecoding { get; init; }

    /// <summary>
    /// Counter of images that cannot be read: a full batch takes others of the set in their place, a padded one leaves them out.
    /// Where null, the first of them ends the epoch.
    /// </summary>
    public UnreadableImages? Unreadable { get; init; }

    /// <summary>The batches that this loader prepares of those that all loaders of a job prepare together.</summary>
    internal BatchShare Share { get; init; } = BatchShare.All;

    /// <summary>Options for evaluation: the set's own order, nothing left out, no augmentation.</summary>
    /// <param name="batchSize">Images in a batch.</param>
    /// <param name="threads">Threads that decode and prepare.</param>
    public static DataLoaderOptions ForEvaluation(int batchSize, int threads = 1) =>
        new() { BatchSize = batchSize, Shuffle = false, LastBatch = LastBatch.Pad, Threads = threads };
}
