using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// This rank's shards side by side, each with threads, a plan and gradients of its own, for batch normalisation over all shards together:
/// the plans meet in the middle of their runs. So a rank holds the maps of all its shards at a time.
/// </summary>
internal sealed class ShardLanes : IDisposable
{
    private readonly Objective _objective;
    private readonly TrainingOptions _options;
    private readonly ShardMeeting _meeting;
    private readonly Lane[] _lanes;

    /// <summary>Compiles the plans.</summary>
    /// <param name="model">The model; what is frozen in it now stays as it is.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="layout">The objective's layout.</param>
    /// <param name="options">Batch size, accumulation, shards, seed.</param>
    /// <param name="gradients">Gradients of the rank, which a shard by itself writes.</param>
    /// <param name="pool">Threads to run on, which several shards divide among them.</param>
    /// <param name="ranks">Ranks that share the shards; while these run, nobody else may use them.</param>
    /// <exception cref="CollectiveException">Shards of the model or its images have nothing that they could share.</exception>
    /// <exception cref="ShapeException">The network does not take images of the size, or does not fit the objective.</exception>
    public ShardLanes(
        Model model,
        Objective objective,
        BatchLayout layout,
        TrainingOptions options,
        GradientBlock gradients,
        WorkerPool pool,
        ICollective ranks)
    {
        if (layout.HasWindows)
        {
            throw new CollectiveException(
                "Batch normalisations take statistics of all shards where images have one size, and here each batch has another. Set the "
                    + "recipe's 'syncBatchNorm' to false; detectors usually keep them as they are ('frozenBatchNorm').");
        }

        (_objective, _options) = (objective, options);
        _meeting = new ShardMeeting(options.Shards, ranks);
        int own = _meeting.Places.Count;
        _lanes = new Lane[own];
        try
        {
            for (int index = 0; index < own; index++)
            {
                _lanes[index] = new Lane(
                    own == 1 ? pool : new WorkerPool(Math.Max(1, pool.Threads / own)),
                    own == 1 ? gradients : new GradientBlock(gradients.Variables),
                    [.. Enumerable.Range(0, options.AccumulationSteps).Select(_ => new Batch(options.ShardSize, layout.Fields))],
                    new double[TrainingStep.FirstMetric + objective.Metrics.Count]);
                _lanes[index].Plans = new StepPlans(
                    model, objective, layout, options, _lanes[index].Gradients, null, _lanes[index].Pool, _meeting.Places[index]);
            }

            if (!PlanOf(0).Graph.Nodes.Any(node => node.Operation is ShardStatistics))
            {
                throw new CollectiveException(
                    $"{model.Info.Name} has no batch normalisation that is trained, whose statistics shards could share: set the recipe's "
                        + "'syncBatchNorm' to false.");
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes of the plans, and of the gradients that are not the rank's.</summary>
    public long Bytes => _lanes.Sum(lane => lane.Plans!.Bytes + (_lanes.Length == 1 ? 0 : lane.Gradients.Bytes));

    /// <summary>Keeps a batch until all of the step are there.</summary>
    /// <param name="part">Number of the batch among this rank's own, from 0.</param>
    /// <param name="batch">The batch.</param>
    public void Keep(int part, Batch batch) =>
        batch.CopyTo(_lanes[part / _options.AccumulationSteps].Batches[part % _options.AccumulationSteps]);

    /// <summary>Runs all shards of a step.</summary>
    /// <param name="iteration">Number of this rank's first run in the step among all runs.</param>
    /// <returns>Loss of the last run.</returns>
    /// <exception cref="CollectiveException">Another rank has failed or is gone.</exception>
    public double Run(ulong iteration)
    {
        int steps = _options.AccumulationSteps;
        double loss = 0;
        foreach (Lane lane in _lanes)
        {
            Array.Clear(lane.Figures);
            if (steps > 1)
            {
                lane.Gradients.Clear();
            }
        }

        for (int run = 0; run < steps; run++)
        {
            for (int index = 0; index < _lanes.Length; index++)
            {
                PlanOf(index).Fill(_lanes[index].Batches[run]);
                PlanOf(index).Iteration = iteration + (ulong)((index * steps) + run);
                _objective.Prepare(_lanes[index].Batches[run], PlanOf(index));
            }

            _meeting.Run(index => PlanOf(index).Run());
            for (int index = 0; index < _lanes.Length; index++)
            {
                loss = TrainingStep.Measure(_objective, PlanOf(index), _lanes[index].Batches[run], _lanes[index].Figures);
            }
        }

        return loss;
    }

    /// <summary>After <see cref="Run"/>: adds the shards to the sums of the step.</summary>
    /// <param name="sums">The sums, of as many shards.</param>
    /// <param name="gradients">Gradients of the rank, of which the sums take each shard's.</param>
    /// <param name="stopWanted">Wish of this rank to stop after the step.</param>
    public void AddTo(ShardSums sums, GradientBlock gradients, bool stopWanted)
    {
        for (int index = 0; index < _lanes.Length; index++)
        {
            sums.Begin(index);
            if (_lanes[index].Gradients != gradients)
            {
                _lanes[index].Gradients.Data.CopyTo(gradients.Data);
            }

            _lanes[index].Figures.CopyTo(sums.Figures);
            sums.Figures[TrainingStep.StopFigure] = stopWanted ? 1 : 0;
            if (index == _lanes.Length - 1)
            {
                sums.BeginLastRun();
            }

            sums.End(index);
        }
    }

    /// <summary>
    /// Name of the first result that is not finite when each shard runs by itself; null where there is none. Other ranks are not needed.
    /// </summary>
    public string? FindNonFinite()
    {
        _meeting.IsAlone = true;
        string? found = _lanes.Select((_, index) => PlanOf(index).FindNonFinite()).FirstOrDefault(name => name is not null);
        _meeting.IsAlone = false;
        return found;
    }

    /// <summary>Frees plans, gradients and threads.</summary>
    public void Dispose()
    {
        foreach (Lane lane in _lanes.OfType<Lane>())
        {
            lane.Plans?.Dispose();
            if (_lanes.Length > 1)
            {
                lane.Gradients.Dispose();
                lane.Pool.Dispose();
            }
        }

        _meeting.Dispose();
    }

    private Plan PlanOf(int index) => _lanes[index].Plans!.For(null);

    private sealed record Lane(WorkerPool Pool, GradientBlock Gradients, Batch[] Batches, double[] Figures)
    {
        public StepPlans? Plans { get; set; }
    }
}
