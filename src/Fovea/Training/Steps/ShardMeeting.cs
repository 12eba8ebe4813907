using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;
using Fovea.Collectives;

namespace Fovea.Training;

/// <summary>
/// Meeting of a rank's shards, which run side by side, with each other and with those of the other ranks. What they bring is added over
/// the binary tree of <see cref="ShardSums"/>.
/// </summary>
internal sealed class ShardMeeting : IDisposable
{
    private readonly ICollective _ranks;
    private readonly double[][] _brought;
    private readonly Barrier _barrier;
    private readonly CancellationTokenSource _failed = new();
    private ExceptionDispatchInfo? _failure;
    private double[] _sums = [];
    private int _length;

    /// <summary>Makes the places of the shards.</summary>
    /// <param name="shards">Shards of a batch, on all ranks together.</param>
    /// <param name="ranks">Ranks that share them evenly; while shards run, only the meeting may use them.</param>
    public ShardMeeting(int shards, ICollective ranks)
    {
        (_ranks, _brought) = (ranks, new double[shards / ranks.Size][]);
        Array.Fill(_brought, []);
        _barrier = new Barrier(_brought.Length, _ => Add());
        Places = [.. Enumerable.Range(0, _brought.Length).Select(index => new Place(this, index, shards))];
    }

    /// <summary>Place of each of this rank's shards.</summary>
    public IReadOnlyList<IShardExchange> Places { get; }

    /// <summary>
    /// True while nobody is waited for, and a shard's values stand for those of all: for a shard that runs by itself.
    /// </summary>
    public bool IsAlone { get; set; }

    /// <summary>Runs all shards at the same time and waits for them.</summary>
    /// <param name="run">Runs a shard, by its number among this rank's own.</param>
    /// <exception cref="CollectiveException">Another rank has failed or is gone.</exception>
    public void Run(Action<int> run)
    {
        Task[] others =
        [
            .. Enumerable.Range(1, _brought.Length - 1).Select(index => Task.Factory.StartNew(
                () => Guard(run, index), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
        Guard(run, 0);
        Task.WaitAll(others);
        _failure?.Throw();
    }

    /// <summary>Frees what waiting takes.</summary>
    public void Dispose()
    {
        _barrier.Dispose();
        _failed.Dispose();
    }

    /// <summary>Runs a shard; where it fails, the others end as they come to their next exchange.</summary>
    private void Guard(Action<int> run, int index)
    {
        try
        {
            run(index);
        }
        catch (Exception error)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(error), null);
            _failed.Cancel();
        }
    }

    private void Exchange(int index, Span<double> values)
    {
        if (_brought[index].Length < values.Length)
        {
            _brought[index] = new double[values.Length];
        }

        values.CopyTo(_brought[index]);
        _length = values.Length;
        try
        {
            _barrier.SignalAndWait(_failed.Token);
        }
        catch (BarrierPostPhaseException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerException ?? error);
        }

        // They stay until all shards have come to the next exchange.
        _sums.AsSpan(0, values.Length).CopyTo(values);
    }

    /// <summary>Runs on the shard that comes last.</summary>
    private void Add()
    {
        for (int distance = 1; distance < _brought.Length; distance *= 2)
        {
            for (int index = 0; index < _brought.Length; index += 2 * distance)
            {
                Span<double> sum = _brought[index].AsSpan(0, _length);
                TensorPrimitives.Add(sum, _brought[index + distance].AsSpan(0, _length), sum);
            }
        }

        Span<double> all = _brought[0].AsSpan(0, _length);
        _ranks.AllReduce(all);
        if (_sums.Length < _length)
        {
            _sums = new double[_length];
        }

        all.CopyTo(_sums);
    }

    private sealed class Place(ShardMeeting meeting, int index, int shards) : IShardExchange
    {
        public int Shards => shards;

        public void Sum(Span<double> values)
        {
            if (meeting.IsAlone)
            {
                TensorPrimitives.Multiply(values, shards, values);
            }
            else
            {
                meeting.Exchange(index, values);
            }
        }
    }
}
