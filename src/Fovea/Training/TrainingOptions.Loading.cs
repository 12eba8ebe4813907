using Fovea.Data;

namespace Fovea.Training;

/// <content>What options mean for the loader of training samples.</content>
public sealed partial record TrainingOptions
{
    /// <summary>Images that are run at a time: those of a shard of one batch.</summary>
    internal int ShardSize => BatchSize / Shards;

    /// <summary>Runs of the network in a step: those of its shards, one after another, each with <see cref="AccumulationSteps"/>.</summary>
    internal int PartsPerStep => Shards * AccumulationSteps;

    /// <summary>Options of the loader of training samples.</summary>
    /// <param name="layout">The objective's layout of batches.</param>
    /// <param name="unreadable">Counter of images that cannot be read.</param>
    /// <param name="threads">Threads that prepare samples.</param>
    /// <param name="share">The batches that this process takes; all of them where null.</param>
    internal DataLoaderOptions ForLoader(
        BatchLayout layout, UnreadableImages unreadable, int threads, BatchShare? share = null) => new()
        {
            BatchSize = ShardSize,
            Share = share ?? BatchShare.All,
            Seed = Seed,
            Augmentation = Augmentation,
            Transforms = Transforms,
            BatchTransforms = Mixing is null ? BatchTransforms : [.. BatchTransforms, new BatchMixing(Mixing, Epochs)],
            Layout = layout,
            Unreadable = unreadable,
            Threads = threads,
            ScaledDecoding = ScaledDecoding,
            ShuffleBuffer = ShuffleBuffer,
            CacheBytes = CacheBytes,
        };

    /// <summary>Transforms of training images of a dense task, normalisation included; null for those of a classification.</summary>
    /// <param name="training">The training samples.</param>
    /// <param name="preprocessing">The network's input.</param>
    internal IReadOnlyList<ISampleTransform>? ChainFor(ISampleSource training, Preprocessing preprocessing) => training switch
    {
        IInstanceDataset instances => (ObjectAugmentation ?? new ObjectAugmentation()).Chain(preprocessing, instances),
        ISegmentationDataset => (SegmentationAugmentation ?? new SegmentationAugmentation()).Chain(preprocessing),
        _ => null,
    };

    /// <summary>Counter of the images of a set that cannot be read.</summary>
    /// <param name="count">Number of images of the set.</param>
    /// <param name="listener">Told of each of them.</param>
    internal UnreadableImages CountUnreadable(int count, IProgress<UnreadableImage>? listener) =>
        new(MaxUnreadable ?? UnreadableImages.UsualLimit(count), listener);

    /// <summary>Steps of an epoch; batches that do not make a whole step are not shown.</summary>
    /// <param name="batches">Batches of a loader's epoch, each of <see cref="ShardSize"/> images.</param>
    /// <exception cref="ArgumentException">There are too few batches for one step.</exception>
    internal int StepsIn(int batches) => batches >= PartsPerStep
        ? batches / PartsPerStep
        : throw new ArgumentException(
            $"An epoch has {batches / Shards} batches of {BatchSize} images, too few for one step of {AccumulationSteps} batches. "
            + $"Choose a smaller {nameof(BatchSize)} or {nameof(AccumulationSteps)}.",
            nameof(AccumulationSteps));
}
