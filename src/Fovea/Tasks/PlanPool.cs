using Fovea.Engine.Execution;

namespace Fovea.Tasks;

/// <summary>
/// Lends plans of one network to callers on many threads. A plan serves one caller at a time; up to a limit, further ones are made when all are lent, and
/// then callers wait.
/// </summary>
/// <typeparam name="T">A plan, or what holds one.</typeparam>
internal sealed class PlanPool<T> : IDisposable
    where T : class, IDisposable
{
    private readonly Func<WorkerPool, T> _make;
    private readonly WorkerPool? _given;
    private readonly int _limit;
    private readonly SemaphoreSlim _free;
    private readonly Stack<T> _idle = [];
    private readonly List<WorkerPool> _threads = [];
    private bool _closed;

    /// <summary>Makes the first plan, so that what does not fit is found at once.</summary>
    /// <param name="limit">How many plans there may be.</param>
    /// <param name="threads">
    /// The threads that all plans take turns on. Where none are given, a single plan runs on the shared pool, and several divide the processors among
    /// themselves and run side by side.
    /// </param>
    /// <param name="make">Makes a plan that runs on the given threads.</param>
    public PlanPool(int limit, WorkerPool? threads, Func<WorkerPool, T> make)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1, "concurrency");
        (_limit, _make, _given) = (limit, make, threads ?? (limit == 1 ? WorkerPool.Shared : null));
        _idle.Push(Make());
        _free = new SemaphoreSlim(limit);
    }

    /// <summary>Rents a plan, waiting for one if need be.</summary>
    public Lease Rent(CancellationToken cancellation)
    {
        _free.Wait(cancellation);
        return Take();
    }

    /// <summary>Rents a plan without holding the thread while it waits.</summary>
    public async Task<Lease> RentAsync(CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation).ConfigureAwait(false);
        return Take();
    }

    /// <summary>Waits for the plans that are lent, then frees all.</summary>
    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        for (int i = 0; i < _limit; i++)
        {
            _free.Wait();
        }

        _free.Dispose();
        foreach (IDisposable part in _idle.Concat<IDisposable>(_threads))
        {
            part.Dispose();
        }
    }

    private Lease Take()
    {
        try
        {
            // Under the lock a network builds one graph at a time.
            lock (_idle)
            {
                return new Lease(this, _idle.TryPop(out T? plan) ? plan : Make());
            }
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    private T Make()
    {
        WorkerPool? threads = _given;
        if (threads is null)
        {
            _threads.Add(threads = new WorkerPool(Math.Max(1, Environment.ProcessorCount / _limit)));
        }

        return _make(threads);
    }

    private void Return(T plan)
    {
        lock (_idle)
        {
            _idle.Push(plan);
        }

        _free.Release();
    }

    /// <summary>A rented plan; disposing returns it.</summary>
    internal readonly struct Lease(PlanPool<T> pool, T plan) : IDisposable
    {
        /// <summary>The plan.</summary>
        public T Plan => plan;

        /// <inheritdoc/>
        public void Dispose() => pool.Return(plan);
    }
}
