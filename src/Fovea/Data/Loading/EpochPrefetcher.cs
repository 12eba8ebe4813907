using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// One pass over a loader's batches. Threads take batch numbers in order, and a batch goes into slot number modulo slots, so that
/// the consumer always knows where the next one will be; a thread waits while its slot is still in use.
/// </summary>
internal sealed class EpochPrefetcher : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _free;
    private readonly SemaphoreSlim[] _ready;
    private readonly CancellationTokenSource _stop;
    private readonly Batch[] _slots;
    private readonly Exception?[] _failures;
    private readonly ISampleSource _source;
    private readonly DataLoader _loader;
    private readonly ConcurrentBag<Batch> _spare;
    private readonly ulong _epoch;
    private readonly int[] _order;
    private readonly int _repeats;
    private readonly int _batches;
    private readonly Thread[] _threads;
    private int _nextToPrepare;
    private int _nextToGive;
    private bool _given;

    /// <summary>Draws the epoch's order and starts the threads.</summary>
    /// <param name="source">The samples.</param>
    /// <param name="loader">The options and the network's input.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="firstBatch">The first batch to give.</param>
    /// <param name="spare">Batches to use again; they go back there at the end.</param>
    /// <param name="cancellationToken">Stops the pass as <see cref="Stop"/> does.</param>
    public EpochPrefetcher(
        ISampleSource source, DataLoader loader, int epoch, int firstBatch, ConcurrentBag<Batch> spare, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        (_source, _loader, _spare, _epoch) = (source, loader, spare, (ulong)epoch);
        DataLoaderOptions options = loader.Options;
        (_nextToPrepare, _nextToGive) = (options.Share.Before(firstBatch), options.Share.Before(firstBatch));
        _batches = options.Share.Before(loader.BatchesPerEpoch);
        KeyedRandom random = new(options.Seed, _epoch, RandomStreams.Order);
        _order = options.Shuffle ? source.DrawOrder(ref random, options.ShuffleBuffer) : [.. Enumerable.Range(0, source.Count)];
        _repeats = options.Augmentation?.Repeats ?? 1;

        // One slot more than may wait: the batch that the consumer works on.
        _slots = new Batch[options.Prefetch + 1];
        for (int i = 0; i < _slots.Length; i++)
        {
            _slots[i] = spare.TryTake(out Batch? batch) ? batch : new Batch(options.BatchSize, loader.Layout.Fields);
        }

        _failures = new Exception?[_slots.Length];
        _free = new SemaphoreSlim(_slots.Length);
        _ready = [.. _slots.Select(_ => new SemaphoreSlim(0))];
        _threads =
        [
            .. Enumerable.Range(0, options.Threads).Select(i => new Thread(Work) { IsBackground = true, Name = $"Fovea loader {i}" }),
        ];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>The next batch, once it is ready; null at the end of the epoch or when stopped.</summary>
    /// <exception cref="UnusableDataException">An image of this batch could not be prepared.</exception>
    public Batch? Next()
    {
        if (_given)
        {
            _given = false;
            _free.Release();
        }

        if (_nextToGive >= _batches || _stop.IsCancellationRequested)
        {
            return null;
        }

        int slot = _nextToGive++ % _slots.Length;
        try
        {
            _ready[slot].Wait(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        if (_failures[slot] is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        _given = true;
        return _slots[slot];
    }

    /// <summary>Asks the threads to stop after the image they are at; <see cref="Next"/> gives null from then on.</summary>
    public void Stop()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The pass ended on its own meanwhile.
        }
    }

    /// <summary>Stops the threads, waits for them, and gives the batches back.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        foreach (Batch batch in _slots)
        {
            _spare.Add(batch);
        }

        _free.Dispose();
        Array.ForEach(_ready, ready => ready.Dispose());
        _stop.Dispose();
    }

    private void Work()
    {
        using Sample sample = new();
        try
        {
            while (Take() is { } index)
            {
                int slot = index % _slots.Length;
                _failures[slot] = Prepare(_slots[slot], _loader.Options.Share.NumberOf(index), sample);
                _ready[slot].Release();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped: nobody waits for what is left.
        }
    }

    /// <summary>Number, in the share, of the next batch once a slot is free for it; null when all are taken.</summary>
    private int? Take()
    {
        _free.Wait(_stop.Token);
        lock (_gate)
        {
            // The consumer frees slots in order, so a free slot is always that of the lowest number not yet taken.
            if (_nextToPrepare < _batches)
            {
                return _nextToPrepare++;
            }
        }

        // Others may be waiting too, for a slot that they will not need.
        _free.Release();
        return null;
    }

    private Exception? Prepare(Batch batch, int number, Sample sample)
    {
        DataLoaderOptions options = _loader.Options;
        int first = number * options.BatchSize;
        batch.Epoch = (int)_epoch;
        batch.Number = number;
        batch.Count = 0;
        for (int place = first; place < Math.Min(first + options.BatchSize, _order.Length); place++)
        {
            _stop.Token.ThrowIfCancellationRequested();

            // Copies of an image stand side by side, so that they are in one step, and the epoch's last images are left out for them.
            int taken = _order[place / _repeats];
            try
            {
                if (PrepareReadable(sample, ref taken, place % _repeats))
                {
                    _loader.Layout.Write(sample, batch, batch.Count);
                    batch.Indices[batch.Count++] = taken;
                }
            }
            catch (Exception exception)
            {
                // Whatever goes wrong here must reach the consumer, and must say with which image.
                return exception is InvalidImageException
                    ? exception
                    : new InvalidImageException(_source.NameOf(taken), $"the image cannot be prepared. {exception.Message}", exception);
            }
        }

        batch.ClearFrom(batch.Count);
        return Transform(batch);
    }

    /// <summary>
    /// Prepares an image, or where it cannot be read another one in its place, so that a full batch stays full. Which one depends on seed,
    /// epoch and image alone, and so on no thread and no interruption.
    /// </summary>
    /// <returns>False where the image is left out.</returns>
    private bool PrepareReadable(Sample sample, ref int index, int copy)
    {
        KeyedRandom random = new(_loader.Options.Seed, RandomStreams.Substitutes(_epoch), (ulong)index);
        while (_loader.Unreadable.Contains(index) || !TryPrepare(sample, index, copy))
        {
            if (_loader.Options.LastBatch == LastBatch.Pad)
            {
                return false;
            }

            if (_loader.Unreadable.Images.Count == _order.Length)
            {
                throw new InvalidImageException(
                    _source.NameOf(index), $"neither this nor any other of the {_order.Length} images can be read.");
            }

            index = random.NextInt32(_order.Length);
        }

        return true;
    }

    private bool TryPrepare(Sample sample, int index, int copy)
    {
        try
        {
            Prepare(sample, index, copy);
            return true;
        }
        catch (InvalidImageException error)
        {
            _loader.Unreadable.Add(index, _source.NameOf(index), error);
            return false;
        }
    }

    private void Prepare(Sample sample, int index, int copy)
    {
        Image image = _loader.Options.ScaledDecoding && _loader.Preprocessing.LeastSize is ImageSize least
            ? _source.Load(index, least)
            : _source.Load(index);
        sample.Start(image, index);
        _source.Describe(index, sample);
        KeyedRandom random = new(_loader.Options.Seed, _epoch, RandomStreams.Image(index, copy));
        IReadOnlyList<ISampleTransform> chain = _loader.Chain;
        for (int i = 0; i < chain.Count; i++)
        {
            chain[i].Apply(sample, ref random);
        }
    }

    private UnusableDataException? Transform(Batch batch)
    {
        KeyedRandom random = new(_loader.Options.Seed, _epoch, RandomStreams.Batch(batch.Number));
        IReadOnlyList<IBatchTransform> transforms = _loader.Options.BatchTransforms;
        try
        {
            for (int i = 0; i < transforms.Count; i++)
            {
                transforms[i].Apply(batch, ref random);
            }

            return null;
        }
        catch (Exception exception)
        {
            return new UnusableDataException($"A transform of batch {batch.Number} failed. {exception.Message}", exception);
        }
    }
}
