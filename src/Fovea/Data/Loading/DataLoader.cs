using System.Collections.Concurrent;

namespace Fovea.Data;

/// <summary>
/// Batches of a source of samples, in an order that depends on seed and epoch only, prepared ahead on the loader's own threads.
/// </summary>
/// <remarks>
/// Batches are recycled: one that was given is valid until the next is asked for, and once the first few exist nothing is allocated for
/// more (unless images that do not fit the cache must be decoded again).
/// </remarks>
public sealed class DataLoader : IDisposable
{
    private readonly ConcurrentBag<Batch> _spare = [];
    private readonly ConcurrentDictionary<EpochPrefetcher, bool> _running = new();
    private readonly ISampleSource _source;
    private bool _disposed;

    /// <summary>Creates a loader; nothing is read yet.</summary>
    /// <param name="source">The samples; an <see cref="IImageDataset"/> is a source, too.</param>
    /// <param name="preprocessing">The network's input.</param>
    /// <param name="options">Batch size, order, threads.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the set has too few images for one batch.</exception>
    public DataLoader(ISampleSource source, Preprocessing preprocessing, DataLoaderOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentNullException.ThrowIfNull(options);
        preprocessing.Validate();
        options.Augmentation?.Validate();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.BatchSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Threads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Prefetch);
        int full = source.Count / options.BatchSize;
        BatchesPerEpoch = options.LastBatch == LastBatch.Drop ? full : full + (source.Count % options.BatchSize > 0 ? 1 : 0);
        if (BatchesPerEpoch == 0)
        {
            throw new ArgumentException(
                $"The data set has {source.Count} images, too few for one batch of {options.BatchSize}. Choose a smaller batch size.",
                nameof(options));
        }

        _source = options.CacheBytes > 0 ? new CachedSource(source, options.CacheBytes) : source;
        (Preprocessing, Options) = (preprocessing, options);
        Unreadable = options.Unreadable ?? new UnreadableImages();
        Layout = options.Layout ?? new LabelLayout(preprocessing);
        Chain = options.Chain ?? options.Augmentation?.Chain(preprocessing, options.Transforms) ?? preprocessing.Chain(options.Transforms);
    }

    /// <summary>The network's input.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>Batch size, order, threads.</summary>
    public DataLoaderOptions Options { get; }

    /// <summary>The arrays of a batch.</summary>
    public BatchLayout Layout { get; }

    /// <summary>Images that could not be read so far.</summary>
    public UnreadableImages Unreadable { get; }

    /// <summary>The transforms of each sample, in order.</summary>
    internal IReadOnlyList<ISampleTransform> Chain { get; }

    /// <summary>Number of batches of a whole epoch.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>Gives an epoch's batches, from a given one on; those are the same bits as in the uninterrupted epoch.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="firstBatch">The first batch to give, from 0.</param>
    /// <param name="cancellationToken">Ends the epoch with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The batches; leaving the loop early stops the threads.</returns>
    /// <exception cref="UnusableDataException">
    /// On reaching a batch with an image that cannot be prepared, where there are more of them than <see cref="Unreadable"/> allows; the
    /// message names it.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The loader was disposed.</exception>
    public IEnumerable<Batch> Epoch(int epoch, int firstBatch = 0, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(firstBatch);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        return Run(epoch, firstBatch, cancellationToken);
    }

    /// <summary>Stops the threads of an epoch that is still going on.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, true);
        foreach (EpochPrefetcher run in _running.Keys)
        {
            run.Stop();
        }
    }

    private IEnumerable<Batch> Run(int epoch, int firstBatch, CancellationToken cancellationToken)
    {
        using EpochPrefetcher run = new(_source, this, epoch, firstBatch, _spare, cancellationToken);
        _running.TryAdd(run, true);
        try
        {
            // Dispose may have looked for running epochs just before this one was among them.
            if (Volatile.Read(ref _disposed))
            {
                run.Stop();
            }

            while (run.Next() is Batch batch)
            {
                yield return batch;
            }

            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        }
        finally
        {
            _running.TryRemove(run, out _);
        }
    }
}
