using System.Runtime.ExceptionServices;
using Fovea.Collectives;
using Fovea.Engine.Optimization;

namespace Fovea.Training;

/// <summary>
/// Sums the gradients of a rank with those of the others while its backward pass goes on: the block is cut into buckets, and a thread
/// reduces each one as soon as the plan has written it. The pass writes the block from its end; buckets are reduced in that order, which is
/// the same on all ranks.
/// </summary>
internal sealed class GradientReducer : IDisposable
{
    // Large enough that latency does not matter. Those written last are smaller, as nothing hides the very last one.
    private const long MostFloats = 1 << 20;
    private const long FewestFloats = 1 << 16;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);
    private readonly Dictionary<Variable, Bucket> _bucketOf = [];
    private readonly List<Bucket> _buckets = [];
    private readonly GradientBlock _gradients;
    private readonly ICollective _ranks;
    private readonly Action<int, int> _addOwn;
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _done = new(0);
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;
    private volatile bool _isArmed;
    private volatile bool _isEnding;

    /// <summary>Cuts the block into buckets and starts the thread.</summary>
    /// <param name="gradients">The gradients.</param>
    /// <param name="ranks">The ranks; between <see cref="Begin"/> and <see cref="End"/> only the thread may use them.</param>
    /// <param name="addOwn">Adds what waits of this rank's other shards to a range of the block: its start and its length.</param>
    public GradientReducer(GradientBlock gradients, ICollective ranks, Action<int, int> addOwn)
    {
        (_gradients, _ranks, _addOwn) = (gradients, ranks, addOwn);
        long end = gradients.Length;
        Bucket bucket = new();
        foreach (Variable variable in gradients.Variables.Reverse())
        {
            long start = gradients.OffsetOf(variable);
            bucket.Variables++;
            _bucketOf.Add(variable, bucket);
            if (end - start >= Math.Clamp(end / 4, FewestFloats, MostFloats) || start == 0)
            {
                (bucket.Start, bucket.Length) = (checked((int)start), checked((int)(end - start)));
                _buckets.Add(bucket);
                (end, bucket) = (start, new Bucket());
            }
        }

        _thread = new Thread(Work) { IsBackground = true, Name = "Fovea sums gradients" };
        _thread.Start();
    }

    /// <summary>Begins with the last of this rank's runs in a step, whose gradients are final when they are written.</summary>
    public void Begin()
    {
        foreach (Bucket bucket in _buckets)
        {
            bucket.Missing = bucket.Variables;
        }

        _isArmed = true;
        _begun.Release();
    }

    /// <summary>Takes note of a gradient that the plan has written.</summary>
    /// <param name="variable">Its variable.</param>
    public void Written(Variable variable)
    {
        if (_isArmed && _bucketOf.TryGetValue(variable, out Bucket? bucket) && --bucket.Missing == 0)
        {
            bucket.Ready.Release();
        }
    }

    /// <summary>After the run: waits until all gradients are summed.</summary>
    /// <exception cref="CollectiveException">Another rank has failed or is gone.</exception>
    public void End()
    {
        _isArmed = false;
        foreach (Bucket bucket in _buckets.Where(bucket => bucket.Missing > 0))
        {
            bucket.Ready.Release();
        }

        _done.Wait();
        _failure?.Throw();
    }

    /// <summary>Ends the thread, between two steps or after a failure.</summary>
    public void Dispose()
    {
        _isEnding = true;
        _begun.Release();
        _buckets.ForEach(bucket => bucket.Ready.Release());
        if (!_thread.Join(_patience))
        {
            // It waits for a rank that is gone, and ends with the process.
            return;
        }

        _buckets.ForEach(bucket => bucket.Ready.Dispose());
        _begun.Dispose();
        _done.Dispose();
    }

    private void Work()
    {
        while (true)
        {
            _begun.Wait();
            try
            {
                foreach (Bucket bucket in _buckets)
                {
                    bucket.Ready.Wait();
                    if (_isEnding)
                    {
                        return;
                    }

                    _addOwn(bucket.Start, bucket.Length);
                    _ranks.AllReduce(_gradients.Data.Slice(bucket.Start, bucket.Length));
                }
            }
            catch (Exception error)
            {
                _failure = ExceptionDispatchInfo.Capture(error);
            }

            if (_isEnding)
            {
                return;
            }

            _done.Release();
        }
    }

    /// <summary>A range of the block that is reduced at once.</summary>
    private sealed class Bucket
    {
        public SemaphoreSlim Ready { get; } = new(0);

        public int Start { get; set; }

        public int Length { get; set; }

        public int Variables { get; set; }

        public int Missing { get; set; }
    }
}
