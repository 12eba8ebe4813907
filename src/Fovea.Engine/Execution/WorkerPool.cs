using System.Runtime.ExceptionServices;

namespace Fovea.Engine.Execution;

/// <summary>
/// Threads that run the kernel calls of plans together. Each job's parts are cut into as many contiguous ranges as there are threads,
/// always the same way; between jobs all threads meet. Who computes a part has no influence on its bits.
/// </summary>
public sealed class WorkerPool : IDisposable
{
    [ThreadStatic]
    private static WorkerPool? _host;

    private const int SpinsBeforeYield = 300;
    private const int SpinsBeforeSleep = 1000;
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim[] _wakeUps;
    private readonly Lock _oneRunAtATime = new();
    private ParallelJob[] _jobs = [];
    private ExceptionDispatchInfo? _failure;
    private int _round;
    private int _arrived;
    private int _meeting;
    private int _sleeping;
    private volatile bool _closing;
    private bool _isShared;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">The number of threads, the calling one included; by default that of the processors.</param>
    public WorkerPool(int? threads = null)
    {
        Threads = threads ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1, nameof(threads));
        _threads = new Thread[Threads - 1];
        _wakeUps = new SemaphoreSlim[Threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _wakeUps[i] = new SemaphoreSlim(0);
            _threads[i] = new Thread(() => Serve(worker)) { IsBackground = true, Name = $"fovea worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>The number of threads, the calling one included.</summary>
    public int Threads { get; }

    /// <summary>A pool with a thread for each processor, for callers that do not bring their own.</summary>
    public static WorkerPool Shared => LazyShared.Pool;

    /// <summary>
    /// Calls a function in which plans run on these threads, beside the runs of others, instead of on those that they were compiled for.
    /// Plans that were compiled for fewer threads than these keep to their own. The bits are the same.
    /// </summary>
    /// <typeparam name="T">Type of the function's result.</typeparam>
    /// <param name="run">Runs plans on the calling thread.</param>
    public T Host<T>(Func<T> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        WorkerPool? before = _host;
        _host = this;
        try
        {
            return run();
        }
        finally
        {
            _host = before;
        }
    }

    /// <summary>Runs jobs one after another, each on all threads; returns when all is done. Allocates nothing.</summary>
    internal void Run(ParallelJob[] jobs)
    {
        if (jobs.Length == 0)
        {
            // Without a job the threads would not meet, and a late one could take the next run's jobs for this one's.
            return;
        }

        // Plans have working memory for the threads that they were compiled for, and no more.
        if (_host is WorkerPool host && host != this && host.Threads <= Threads)
        {
            host.Run(jobs);
            return;
        }

        lock (_oneRunAtATime)
        {
            ObjectDisposedException.ThrowIf(_closing, this);
            if (_threads.Length == 0)
            {
                foreach (ParallelJob job in jobs)
                {
                    for (int phase = 0; phase < job.Phases; phase++)
                    {
                        job.Run(phase, 0, job.Parts(phase), worker: 0);
                    }
                }

                return;
            }

            _jobs = jobs;
            _failure = null;
            Interlocked.Increment(ref _round);
            if (Volatile.Read(ref _sleeping) > 0)
            {
                foreach (SemaphoreSlim wakeUp in _wakeUps)
                {
                    wakeUp.Release();
                }
            }

            RunJobs(worker: 0);
            _failure?.Throw();
        }
    }

    /// <summary>Ends the threads, after a run that is under way. The shared pool serves everybody and does not end.</summary>
    public void Dispose()
    {
        lock (_oneRunAtATime)
        {
            if (_closing || _isShared)
            {
                return;
            }

            _closing = true;
            foreach (SemaphoreSlim wakeUp in _wakeUps)
            {
                wakeUp.Release();
            }

            foreach (Thread thread in _threads)
            {
                thread.Join();
            }
        }
    }

    private void Serve(int worker)
    {
        int seen = 0;
        while (true)
        {
            int spins = 0;
            while (Volatile.Read(ref _round) == seen)
            {
                if (_closing)
                {
                    return;
                }

                if (++spins < SpinsBeforeYield)
                {
                    Thread.SpinWait(20);
                }
                else if (spins < SpinsBeforeSleep)
                {
                    Thread.Yield();
                }
                else
                {
                    Sleep(worker, seen);
                }
            }

            seen = Volatile.Read(ref _round);
            RunJobs(worker);
        }
    }

    private void Sleep(int worker, int seen)
    {
        Interlocked.Increment(ref _sleeping);
        if (Volatile.Read(ref _round) == seen && !_closing)
        {
            _wakeUps[worker - 1].Wait();
        }

        Interlocked.Decrement(ref _sleeping);
    }

    private void RunJobs(int worker)
    {
        foreach (ParallelJob job in _jobs)
        {
            for (int phase = 0; phase < job.Phases; phase++)
            {
                int parts = job.Parts(phase);
                int first = (int)((long)parts * worker / Threads);
                int last = (int)((long)parts * (worker + 1) / Threads);
                if (first < last)
                {
                    try
                    {
                        job.Run(phase, first, last, worker);
                    }
                    catch (Exception error)
                    {
                        Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(error), null);
                    }
                }

                Meet();
            }
        }
    }

    private void Meet()
    {
        int meeting = Volatile.Read(ref _meeting);
        if (Interlocked.Increment(ref _arrived) == Threads)
        {
            Volatile.Write(ref _arrived, 0);
            Volatile.Write(ref _meeting, meeting + 1);
            return;
        }

        int spins = 0;
        while (Volatile.Read(ref _meeting) == meeting)
        {
            if (++spins < SpinsBeforeYield)
            {
                Thread.SpinWait(4);
            }
            else
            {
                // More threads than free processors: let the others arrive.
                Thread.Yield();
            }
        }
    }

    private static class LazyShared
    {
        public static readonly WorkerPool Pool = new() { _isShared = true };
    }
}
