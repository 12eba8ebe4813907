using System.Collections.Concurrent;
using System.Diagnostics;
using Fovea.Engine.Execution;

namespace Fovea.Server;

/// <summary>Result of one item, with how it was computed.</summary>
/// <param name="Value">The result.</param>
/// <param name="Batch">Items that ran together.</param>
/// <param name="Waited">Time from the queue to the run.</param>
/// <param name="Ran">Time of the run.</param>
internal readonly record struct BatchedResult<T>(T Value, int Batch, TimeSpan Waited, TimeSpan Ran);

/// <summary>
/// Items that wait together run together. Each lane is a thread that takes what waits, up to a largest batch, and runs it; batches have
/// sizes that are powers of two, so that few plans are needed. Whoever gives up before the run has begun leaves the queue.
/// </summary>
/// <remarks>
/// A batch that is all there is in the server runs on all threads, for the soonest answer. Where others are decoded, wait or run, each lane
/// keeps to its share of the threads, for the most answers: threads of one batch that have to wait for each other wait long where others
/// are at work.
/// </remarks>
/// <typeparam name="TItem">Type of an item; one that is disposable belongs to the queue and is disposed of after its run.</typeparam>
/// <typeparam name="TResult">Type of a result.</typeparam>
internal sealed class BatchQueue<TItem, TResult> : IDisposable
{
    // One that is on its way may turn out to be no image, so whoever waits for it looks again and again.
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(1);

    private readonly BlockingCollection<Work> _waiting = [];
    private readonly Thread[] _lanes;
    private readonly int _threadsOfLane;
    private readonly Func<IReadOnlyList<TItem>, IReadOnlyList<TResult>> _run;
    private readonly Admission _admission;
    private readonly int _maxBatch;
    private readonly TimeSpan _maxDelay;
    private readonly Action<int, TimeSpan> _ran;

    /// <summary>Starts the lanes.</summary>
    /// <param name="options">Lanes, largest batch, longest delay.</param>
    /// <param name="maxBatch">Largest batch of this task.</param>
    /// <param name="admission">Images on their way to the queue.</param>
    /// <param name="run">Computes the results of a batch, in its order.</param>
    /// <param name="ran">Told size and time of each batch.</param>
    public BatchQueue(
        FoveaServerOptions options,
        int maxBatch,
        Admission admission,
        Func<IReadOnlyList<TItem>, IReadOnlyList<TResult>> run,
        Action<int, TimeSpan> ran)
    {
        (_run, _admission, _maxBatch, _ran) = (run, admission, maxBatch, ran);
        _maxDelay = TimeSpan.FromMilliseconds(options.MaxDelay);
        _lanes = new Thread[options.Lanes];
        _threadsOfLane = (options.Threads ?? Environment.ProcessorCount) / _lanes.Length;
        for (int i = 0; i < _lanes.Length; i++)
        {
            _lanes[i] = new Thread(Serve) { IsBackground = true, Name = $"fovea lane {i + 1}" };
            _lanes[i].Start();
        }
    }

    /// <summary>Waits for an item's turn and gives its result.</summary>
    /// <param name="item">The item, which belongs to the queue from then on.</param>
    /// <param name="cancellation">Leaves the queue if the run has not begun.</param>
    public Task<BatchedResult<TResult>> AddAsync(TItem item, CancellationToken cancellation)
    {
        Work work = new(item, cancellation);
        try
        {
            _waiting.Add(work, CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            work.Leave();
            throw new ObjectDisposedException(nameof(BatchQueue<,>));
        }

        return work.Result;
    }

    /// <summary>Lets what waits run, then ends the lanes.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        foreach (Thread lane in _lanes)
        {
            lane.Join();
        }

        _waiting.Dispose();
    }

    private void Serve()
    {
        using WorkerPool share = new(_threadsOfLane);
        List<Work> gathered = [];
        while (Gather(gathered))
        {
            gathered.RemoveAll(LeftMeanwhile);
            if (gathered.Count == 0)
            {
                continue;
            }

            int size = gathered.Count >= _maxBatch ? _maxBatch : 1 << (31 - int.LeadingZeroCount(gathered.Count));
            Run(gathered.GetRange(0, size), share);
            gathered.RemoveRange(0, size);
        }
    }

    /// <summary>Gathers a batch; waits for the first item, and for those that are known to come for as long as the delay allows.</summary>
    /// <returns>False once the queue has ended.</returns>
    private bool Gather(List<Work> gathered)
    {
        long start = Stopwatch.GetTimestamp();
        while (gathered.Count < _maxBatch)
        {
            bool waits = gathered.Count > 0 && _admission.Preparing > 0 && Stopwatch.GetElapsedTime(start) < _maxDelay;
            if (!_waiting.TryTake(out Work? next, gathered.Count == 0 ? Timeout.InfiniteTimeSpan : waits ? _look : TimeSpan.Zero))
            {
                if (waits && !_waiting.IsAddingCompleted)
                {
                    continue;
                }

                break;
            }

            if (gathered.Count == 0)
            {
                start = Stopwatch.GetTimestamp();
            }

            gathered.Add(next);
        }

        return gathered.Count > 0;
    }

    private void Run(List<Work> batch, WorkerPool share)
    {
        bool alone = _admission.Admitted <= batch.Count;
        long start = Stopwatch.GetTimestamp();
        try
        {
            TItem[] items = [.. batch.Select(work => work.Item)];
            IReadOnlyList<TResult> results = alone ? _run(items) : share.Host(() => _run(items));
            TimeSpan ran = Stopwatch.GetElapsedTime(start);
            _admission.Measure(batch.Count, ran, alone ? 1 : _lanes.Length);
            _ran(batch.Count, ran);
            for (int i = 0; i < batch.Count; i++)
            {
                batch[i].Finish(new BatchedResult<TResult>(results[i], batch.Count, batch[i].WaitedUntil(start), ran));
            }
        }
        catch (Exception error)
        {
            // The lane goes on, whatever befell one batch; those who asked learn of it.
            batch.ForEach(work => work.Fail(error));
        }
    }

    private static bool LeftMeanwhile(Work work)
    {
        if (work.HasLeft)
        {
            work.Leave();
        }

        return work.HasLeft;
    }

    /// <summary>An item that waits.</summary>
    private sealed class Work
    {
        private readonly TaskCompletionSource<BatchedResult<TResult>> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenRegistration _leaving;
        private readonly long _added = Stopwatch.GetTimestamp();

        public Work(TItem item, CancellationToken cancellation)
        {
            Item = item;
            _leaving = cancellation.UnsafeRegister(
                static (source, token) => ((TaskCompletionSource<BatchedResult<TResult>>)source!).TrySetCanceled(token), _result);
        }

        public TItem Item { get; }

        public Task<BatchedResult<TResult>> Result => _result.Task;

        public bool HasLeft => _result.Task.IsCompleted;

        public TimeSpan WaitedUntil(long start) => Stopwatch.GetElapsedTime(_added, start);

        public void Leave()
        {
            _leaving.Dispose();
            (Item as IDisposable)?.Dispose();
        }

        public void Finish(BatchedResult<TResult> result)
        {
            Leave();
            _result.TrySetResult(result);
        }

        public void Fail(Exception error)
        {
            Leave();
            _result.TrySetException(error);
        }
    }
}
