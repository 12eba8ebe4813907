using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Execution;

namespace Fovea.Models;

/// <summary>
/// Rents plans of one network to callers on many threads. A plan serves one caller at a time; further plans are compiled while all of a key
/// are rented, up to a number of callers at the same time, and further callers wait.
/// </summary>
/// <remarks>
/// A caller compiles outside of all locks: it holds nothing but its own permit and threads. Plans that were returned are kept, a bounded
/// number of them: beyond it, those of other keys go, the least recently used first.
/// </remarks>
internal sealed class PlanCache : IDisposable
{
    private const int UsualSpare = 4;
    private readonly string _owner;
    private readonly Func<PlanKey, WorkerPool, Plan> _compile;
    private readonly WorkerPool? _given;
    private readonly bool _dividesProcessors;
    private readonly int _limit;
    private readonly int _spare;
    private readonly SemaphoreSlim _permits;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly Lock _draining = new();

    // Plans by time of return; shares of the processors that no caller holds, and all shares.
    private readonly List<CachedPlan> _idle = [];
    private readonly List<WorkerPool> _free = [];
    private readonly List<WorkerPool> _shares = [];

    /// <summary>Makes an empty cache.</summary>
    /// <param name="owner">Name of the class that callers know, for errors.</param>
    /// <param name="compile">Compiles a plan of a key for given threads.</param>
    /// <param name="threads">
    /// Threads that all plans take turns on. Where null, a single caller's plans run on the shared pool, and several callers divide the
    /// processors among themselves and run side by side.
    /// </param>
    /// <param name="limit">Number of callers that may hold a plan at the same time.</param>
    /// <param name="spare">Number of plans that are kept beyond one for each caller; a few where it is fewer.</param>
    public PlanCache(
        string owner, Func<PlanKey, WorkerPool, Plan> compile, WorkerPool? threads = null, int limit = 1, int spare = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1, "concurrency");
        (_owner, _compile, _limit, _spare) = (owner, compile, limit, Math.Max(spare, UsualSpare));
        (_given, _dividesProcessors) = (threads, threads is null && limit > 1);
        _permits = new SemaphoreSlim(limit);
    }

    /// <summary>True from the disposal on.</summary>
    public bool IsClosed => _closing.IsCancellationRequested;

    /// <summary>Bytes of the plans that are not rented, without the packed weights that they share.</summary>
    public long IdleBytes
    {
        get
        {
            lock (_gate)
            {
                return _idle.Sum(entry => entry.Plan.Memory.Arena + entry.Plan.Memory.Scratch);
            }
        }
    }

    /// <summary>Number of plans that are not rented.</summary>
    public int IdlePlans
    {
        get
        {
            lock (_gate)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>Rents a plan; waits while as many callers as may hold one do.</summary>
    /// <param name="key">Key of the plan.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="ObjectDisposedException">The cache was disposed of, before the call or while it waited.</exception>
    public Lease Rent(PlanKey key, CancellationToken cancellation = default)
    {
        ThrowIfClosed();
        cancellation.ThrowIfCancellationRequested();
        if (!_permits.Wait(0, CancellationToken.None))
        {
            Wait(cancellation);
        }

        return Take(key);
    }

    /// <summary>Rents a plan without holding a thread while it waits.</summary>
    /// <param name="key">Key of the plan.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="ObjectDisposedException">The cache was disposed of, before the call or while it waited.</exception>
    public async Task<Lease> RentAsync(PlanKey key, CancellationToken cancellation = default)
    {
        ThrowIfClosed();
        using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token))
        {
            try
            {
                await _permits.WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw Ended(cancellation);
            }
        }

        return Take(key);
    }

    /// <summary>Makes all plans use weights that were changed; waits until those that are rented are back.</summary>
    public void Refresh()
    {
        lock (_draining)
        {
            if (IsClosed)
            {
                return;
            }

            TakeAllPermits();
            try
            {
                _idle.ForEach(entry => entry.Plan.Refresh());
            }
            finally
            {
                _permits.Release(_limit);
            }
        }
    }

    /// <summary>Throws if the cache was disposed of.</summary>
    /// <exception cref="ObjectDisposedException">The cache was disposed of.</exception>
    [SuppressMessage("Maintainability", "CA1513", Justification = "The exception names the object that the caller knows.")]
    public void ThrowIfClosed()
    {
        if (IsClosed)
        {
            throw new ObjectDisposedException(_owner);
        }
    }

    /// <summary>Turns away callers that wait, waits for plans that are rented, then frees all.</summary>
    public void Dispose()
    {
        lock (_draining)
        {
            if (IsClosed)
            {
                return;
            }

            _closing.Cancel();
            TakeAllPermits();
            _idle.ForEach(entry => entry.Plan.Dispose());
            _idle.Clear();
            _shares.ForEach(share => share.Dispose());
        }
    }

    private void TakeAllPermits()
    {
        for (int i = 0; i < _limit; i++)
        {
            _permits.Wait();
        }
    }

    private void Wait(CancellationToken cancellation)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
        try
        {
            _permits.Wait(either.Token);
        }
        catch (OperationCanceledException)
        {
            throw Ended(cancellation);
        }
    }

    private Exception Ended(CancellationToken cancellation) => cancellation.IsCancellationRequested
        ? new OperationCanceledException(cancellation)
        : new ObjectDisposedException(_owner);

    // Called with a permit, which goes to the lease or back.
    private Lease Take(PlanKey key)
    {
        WorkerPool? threads = null;
        try
        {
            ThrowIfClosed();
            lock (_gate)
            {
                for (int i = _idle.Count - 1; i >= 0; i--)
                {
                    CachedPlan entry = _idle[i];
                    if (entry.Key == key && (!_dividesProcessors || _free.Remove(entry.Threads)))
                    {
                        _idle.RemoveAt(i);
                        return new Lease(this, entry, entry.Turn);
                    }
                }

                threads = TakeThreads();
            }

            CachedPlan compiled = new(key, _compile(key, threads), threads);
            return new Lease(this, compiled, compiled.Turn);
        }
        catch
        {
            lock (_gate)
            {
                if (threads is not null && _dividesProcessors)
                {
                    _free.Add(threads);
                }
            }

            _permits.Release();
            throw;
        }
    }

    private WorkerPool TakeThreads()
    {
        if (!_dividesProcessors)
        {
            return _given ?? WorkerPool.Shared;
        }

        if (_free.Count == 0)
        {
            _shares.Add(new WorkerPool(Math.Max(1, Environment.ProcessorCount / _limit)));
            return _shares[^1];
        }

        WorkerPool share = _free[^1];
        _free.RemoveAt(_free.Count - 1);
        return share;
    }

    private void Return(CachedPlan entry, int turn)
    {
        Plan? surplus = null;
        lock (_gate)
        {
            if (entry.Turn != turn)
            {
                return;
            }

            entry.Turn++;
            _idle.Add(entry);
            if (_dividesProcessors)
            {
                _free.Add(entry.Threads);
            }

            for (int i = 0; i < _idle.Count && _idle.Count > _limit + _spare; i++)
            {
                if (_idle[i].Key != entry.Key)
                {
                    surplus = _idle[i].Plan;
                    _idle.RemoveAt(i);
                    break;
                }
            }
        }

        surplus?.Dispose();
        _permits.Release();
    }

    /// <summary>Rented plan; disposing returns it, the first time.</summary>
    internal readonly struct Lease : IDisposable
    {
        private readonly PlanCache _cache;
        private readonly CachedPlan _entry;
        private readonly int _turn;

        /// <summary>Rents a plan for a turn.</summary>
        internal Lease(PlanCache cache, CachedPlan entry, int turn) => (_cache, _entry, _turn) = (cache, entry, turn);

        /// <summary>The plan, until it is returned.</summary>
        public Plan Plan => _entry.Plan;

        /// <inheritdoc/>
        public void Dispose() => _cache.Return(_entry, _turn);
    }
}
