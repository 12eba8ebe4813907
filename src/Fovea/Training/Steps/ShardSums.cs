using System.Numerics;
using System.Numerics.Tensors;
using Fovea.Collectives;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;

namespace Fovea.Training;

/// <summary>
/// Sums over the shards of a step: gradients, running statistics and figures. They are added over a binary tree, neighbours first: a rank
/// adds those of its own shards, which are neighbours, and the ranks add theirs, so that the bits do not depend on the number of ranks.
/// Every shard begins with the running statistics of the step before; those after the step are the mean over the shards.
/// </summary>
internal sealed class ShardSums : IDisposable
{
    private readonly GradientBlock _gradients;
    private readonly VariableBlock _statistics;
    private readonly ICollective _ranks;
    private readonly WorkerPool _pool;
    private readonly int _shards;
    private readonly double[] _figures;
    private readonly float[] _before;

    // Where several ranks share the shards.
    private readonly GradientReducer? _reducer;

    // Sums of 1, 2, 4, … shards that wait for those of as many neighbours.
    private readonly Level[] _waiting;

    /// <summary>Takes the memory of the sums; none where there is but one shard.</summary>
    /// <param name="gradients">Gradients that each shard writes, and that hold the sum in the end.</param>
    /// <param name="statistics">Running statistics that each shard changes.</param>
    /// <param name="figures">Number of figures.</param>
    /// <param name="shards">Shards of a step, on all ranks together; a power of two.</param>
    /// <param name="ranks">Ranks that share them.</param>
    /// <param name="pool">The threads to run on.</param>
    /// <exception cref="CollectiveException">The shards cannot be shared among so many ranks.</exception>
    public ShardSums(
        GradientBlock gradients, VariableBlock statistics, int figures, int shards, ICollective ranks, WorkerPool pool)
    {
        Require(shards, ranks.Size);
        (_gradients, _statistics, _ranks, _pool, _shards) = (gradients, statistics, ranks, pool, shards);
        _figures = new double[figures];
        _before = shards > 1 ? new float[statistics.Length] : [];
        _waiting =
        [
            .. Enumerable.Range(0, BitOperations.Log2((uint)Own)).Select(_ =>
                new Level(new GradientBlock(gradients.Variables), new float[statistics.Length], new double[figures])),
        ];
        _reducer = ranks.Size > 1 ? new GradientReducer(gradients, ranks, AddWaiting) : null;
    }

    /// <summary>Figures of the shard at hand, to be added to; after <see cref="Reduce"/> their sums over all shards.</summary>
    public Span<double> Figures => _figures;

    /// <summary>Bytes of the sums.</summary>
    public long Bytes => _waiting.Sum(level => level.Gradients.Bytes);

    private int Own => _shards / _ranks.Size;

    /// <summary>Checks that ranks can share shards evenly, each having neighbours.</summary>
    /// <param name="shards">Shards of a step.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <exception cref="CollectiveException">They cannot.</exception>
    public static void Require(int shards, int ranks)
    {
        if (ranks > shards || !BitOperations.IsPow2(ranks))
        {
            throw new CollectiveException(
                $"{ranks} processes cannot share the {shards} {(shards == 1 ? "shard" : "shards")} of a batch evenly. "
                + $"Start {Possible(shards)} of them, or set the recipe's 'shards' to "
                + $"{BitOperations.RoundUpToPowerOf2((uint)ranks)} or more in a new run and start a power of two.");
        }
    }

    /// <summary>Begins a shard.</summary>
    /// <param name="index">Number of the shard among this rank's own, from 0.</param>
    public void Begin(int index)
    {
        Array.Clear(_figures);
        if (_shards > 1 && index == 0)
        {
            _statistics.Data.CopyTo(_before);
        }
        else if (_shards > 1)
        {
            _before.CopyTo(_statistics.Data);
        }
    }

    /// <summary>Begins the last of this rank's runs in a step, after which no gradient changes but by the other shards.</summary>
    public void BeginLastRun() => _reducer?.Begin();

    /// <summary>Takes note of a gradient that a run has written.</summary>
    /// <param name="variable">Its variable.</param>
    public void Written(Variable variable) => _reducer?.Written(variable);

    /// <summary>Ends a shard: adds it to those of its neighbours that are done.</summary>
    /// <inheritdoc cref="Begin"/>
    public void End(int index)
    {
        int level = 0;
        bool isLast = index == Own - 1;
        for (; (index >> level) % 2 == 1; level++)
        {
            if (!isLast || _reducer is null)
            {
                _gradients.Add(_waiting[level].Gradients, _pool);
            }

            TensorPrimitives.Add(_statistics.Data, _waiting[level].Statistics, _statistics.Data);
            TensorPrimitives.Add(_figures, _waiting[level].Figures, _figures);
        }

        if (!isLast)
        {
            _gradients.Data.CopyTo(_waiting[level].Gradients.Data);
            _statistics.Data.CopyTo(_waiting[level].Statistics);
            _figures.CopyTo(_waiting[level].Figures, 0);
        }
    }

    /// <summary>After the last of this rank's shards: adds those of the other ranks.</summary>
    public void Reduce()
    {
        if (_shards == 1)
        {
            return;
        }

        _reducer?.End();
        _ranks.AllReduce(_figures);
        _ranks.AllReduce(_statistics.Data);
        TensorPrimitives.Multiply(_statistics.Data, 1f / _shards, _statistics.Data);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        _reducer?.Dispose();
        Array.ForEach(_waiting, level => level.Gradients.Dispose());
    }

    /// <summary>Numbers of ranks that can share shards, in words.</summary>
    private static string Possible(int shards)
    {
        string[] numbers = [.. Enumerable.Range(0, BitOperations.Log2((uint)shards) + 1).Select(power => $"{1 << power}")];
        return numbers.Length == 1 ? numbers[0] : $"{string.Join(", ", numbers.SkipLast(1))} or {numbers[^1]}";
    }

    private void AddWaiting(int start, int length)
    {
        Span<float> sum = _gradients.Data.Slice(start, length);
        foreach (Level level in _waiting)
        {
            TensorPrimitives.Add(sum, level.Gradients.Data.Slice(start, length), sum);
        }
    }

    private sealed record Level(GradientBlock Gradients, float[] Statistics, double[] Figures);
}
