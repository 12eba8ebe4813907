using System.Numerics.Tensors;
using System.Text;
using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// One step of training: forward and backward pass as a compiled plan, for each batch of each shard; the sums over shards and ranks;
/// clipping, optimiser.
/// </summary>
internal sealed class TrainingStep : IDisposable
{
    // Places of figures in front of the objective's metrics.
    internal const int StopFigure = 1;
    internal const int FirstMetric = 2;
    private const int LossFigure = 0;

    private readonly Objective _objective;
    private readonly TrainingOptions _options;
    private readonly WorkerPool _pool;
    private readonly ICollective _ranks;
    private readonly GradientBlock _gradients;
    private readonly StepPlans? _plans;
    private readonly ShardLanes? _lanes;
    private readonly GradientClipping _clipping;
    private readonly ShardSums _shards;
    private string? _nonFinite;

    /// <summary>Compiles the step.</summary>
    /// <param name="model">The model; what is frozen in it now stays as it is.</param>
    /// <param name="objective">The quantity to minimise.</param>
    /// <param name="options">Batch size, optimiser, clipping, accumulation, shards, seed.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <exception cref="ShapeException">
    /// The network does not take images of the preprocessing's size, or does not fit the objective.
    /// </exception>
    /// <exception cref="CollectiveException">Shards are to share statistics, and have none.</exception>
    public TrainingStep(Model model, Objective objective, TrainingOptions options, WorkerPool? pool = null)
        : this(model, objective, objective.Layout(model), options, pool)
    {
    }

    internal TrainingStep(
        Model model, Objective objective, BatchLayout layout, TrainingOptions options, WorkerPool? pool, ICollective? ranks = null)
    {
        (_objective, _options, _pool, _ranks) = (objective, options, pool ?? WorkerPool.Shared, ranks ?? SingleRank.Instance);
        _gradients = new GradientBlock(model.Parameters.Trained);
        try
        {
            _shards = new ShardSums(
                _gradients, model.Parameters.Statistics, FirstMetric + objective.Metrics.Count, options.Shards, _ranks, _pool);
            if (options.SyncBatchNorm && options.Shards > 1)
            {
                _lanes = new ShardLanes(model, objective, layout, options, _gradients, _pool, _ranks);
            }
            else
            {
                _plans = new StepPlans(model, objective, layout, options, _gradients, _ranks.Size > 1 ? _shards.Written : null, _pool);
            }

            Optimizer = options.CreateOptimizer is not null
                ? options.CreateOptimizer(_gradients, _pool)
                : Optimizers.Create(options, model, Optimizers.GroupsOf(options, model), _gradients, _pool);
            _clipping = new GradientClipping(options, model, _gradients, _pool);
        }
        catch
        {
            _plans?.Dispose();
            _lanes?.Dispose();
            _shards?.Dispose();
            _gradients.Dispose();
            throw;
        }
    }

    /// <summary>The optimiser, with the state that checkpoints keep.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>Bytes of the plans, the gradients and the optimiser's state.</summary>
    public long Bytes =>
        (_plans?.Bytes ?? 0) + (_lanes?.Bytes ?? 0) + _gradients.Bytes + _shards.Bytes + Optimizer.State.Sum(state => state.Bytes);

    /// <summary>The runs of a step that are this rank's: those from its first on.</summary>
    public BatchShare Share => new(_ranks.Rank * OwnParts, OwnParts, _options.PartsPerStep);

    /// <summary>Sum of the losses over all images of the last step.</summary>
    public double LossSum => _shards.Figures[LossFigure];

    /// <summary>Wish of this rank to stop after the step at hand.</summary>
    public bool StopWanted { get; set; }

    /// <summary>True after a step in which any rank wished to stop; all ranks have the same answer.</summary>
    public bool IsStopAgreed => _shards.Figures[StopFigure] > 0;

    private int OwnParts => _options.PartsPerStep / _ranks.Size;

    /// <summary>Adds the gradients of one batch, and changes the weights with the last of this rank's batches of a step.</summary>
    /// <param name="batch">The batch, of the objective's layout.</param>
    /// <param name="step">Number of the step, from 0.</param>
    /// <param name="part">
    /// Number of the batch in the step: 0 to <see cref="TrainingOptions.PartsPerStep"/> − 1, in order, of which
    /// <see cref="Share"/> are run.
    /// </param>
    /// <param name="learningRate">Learning rate of the step.</param>
    /// <param name="sums">
    /// Takes, with the last batch, the objective's metrics of the whole step, added to what stands there; one for each of its names.
    /// </param>
    /// <returns>The loss of the batch; 0 for one that waits for the others of its step, as their statistics are shared.</returns>
    /// <exception cref="DivergenceException">The loss or a gradient is not finite; the weights were not changed.</exception>
    /// <exception cref="CollectiveException">Another rank has failed or is gone.</exception>
    public double Run(Batch batch, long step, int part, double learningRate, Span<double> sums)
    {
        bool isLast = part == Share.First + OwnParts - 1;
        double loss = _lanes is null
            ? RunPart(_plans!.For(batch.Window), batch, step, part, learningRate, isLast)
            : RunTogether(_lanes, batch, step, part, isLast);
        if (isLast)
        {
            _shards.Reduce();
            Apply(step, learningRate, () => _lanes is null ? _plans!.For(batch.Window).FindNonFinite() : _lanes.FindNonFinite());
            TensorPrimitives.Add(sums, _shards.Figures[FirstMetric..], sums);
        }

        return loss;
    }

    /// <summary>Frees plans, gradients and optimiser.</summary>
    public void Dispose()
    {
        _plans?.Dispose();
        _lanes?.Dispose();
        Optimizer.Dispose();
        _shards.Dispose();
        _gradients.Dispose();
    }

    /// <summary>Adds the figures of a run to sums over images.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="plan">The plan, after it ran.</param>
    /// <param name="batch">The batch that it ran on.</param>
    /// <param name="figures">Loss, and from <see cref="FirstMetric"/> on the objective's metrics.</param>
    /// <returns>The loss.</returns>
    internal static double Measure(Objective objective, Plan plan, Batch batch, Span<double> figures)
    {
        double loss = plan.Output(TrainingGraph.LossName)[0];
        figures[LossFigure] += loss * batch.Count;
        objective.Measure(plan, batch, figures[FirstMetric..]);
        return loss;
    }

    /// <summary>Runs one batch after another.</summary>
    private double RunPart(Plan plan, Batch batch, long step, int part, double learningRate, bool isLast)
    {
        (int shard, int partOfShard) = Math.DivRem(part - Share.First, _options.AccumulationSteps);
        if (partOfShard == 0)
        {
            _shards.Begin(shard);
            if (_options.AccumulationSteps > 1)
            {
                _gradients.Clear();
            }
        }

        plan.Fill(batch);

        // Dropout and samples depend on this number, so batches of one step have numbers of their own.
        plan.Iteration = (ulong)((step * _options.PartsPerStep) + part);
        _objective.Prepare(batch, plan);
        if (isLast)
        {
            _shards.BeginLastRun();
        }

        plan.Run();
        double loss = Measure(_objective, plan, batch, _shards.Figures);
        RequireFinite(plan, step, learningRate, loss, isLast);
        if (partOfShard == _options.AccumulationSteps - 1)
        {
            _shards.Figures[StopFigure] = StopWanted ? 1 : 0;
            _shards.End(shard);
        }

        return loss;
    }

    /// <summary>Runs all batches of a step side by side when the last one is there.</summary>
    private double RunTogether(ShardLanes lanes, Batch batch, long step, int part, bool isLast)
    {
        lanes.Keep(part - Share.First, batch);
        if (!isLast)
        {
            return 0;
        }

        double loss = lanes.Run((ulong)((step * _options.PartsPerStep) + Share.First));
        lanes.AddTo(_shards, _gradients, StopWanted);
        return loss;
    }

    /// <summary>
    /// Stops a process by itself at once; among several, all stop together when they have met. Where the run was the last of a step, its
    /// gradients are on their way to the others by now, and looking for the place has to wait.
    /// </summary>
    private void RequireFinite(Plan plan, long step, double learningRate, double loss, bool isLast)
    {
        if (!double.IsFinite(loss) && _ranks.Size == 1)
        {
            throw new DivergenceException(step, learningRate, loss, plan.FindNonFinite());
        }

        if (!double.IsFinite(loss) && !isLast)
        {
            _nonFinite ??= plan.FindNonFinite();
        }
    }

    /// <summary>Changes the weights by the mean of the gradients, clipped.</summary>
    private void Apply(long step, double learningRate, Func<string?> findNonFinite)
    {
        int parts = _options.PartsPerStep;
        double norm = _gradients.Norm(_pool) / parts;
        if (!double.IsFinite(norm) || !double.IsFinite(LossSum))
        {
            // The first rank that knows a place tells it to all.
            string where = _ranks.Gather(Encoding.UTF8.GetBytes(_nonFinite ?? findNonFinite() ?? ""))
                .Select(Encoding.UTF8.GetString)
                .FirstOrDefault(name => name.Length > 0, "");
            throw new DivergenceException(step, learningRate, LossSum, where.Length > 0 ? where : null);
        }

        Optimizer.Step(learningRate, _clipping.Apply(norm, 1f / parts));
    }
}
