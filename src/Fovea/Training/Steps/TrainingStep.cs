using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// One step of training: forward and backward pass as a compiled plan, clipping, optimiser; gradients of several batches may be
/// accumulated.
/// </summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly Objective _objective;
    private readonly TrainingOptions _options;
    private readonly WorkerPool _pool;
    private readonly GradientBlock _gradients;
    private readonly StepPlans _plans;
    private readonly GradientClipping _clipping;

    /// <summary>Compiles the step.</summary>
    /// <param name="model">The model; what is frozen in it now stays as it is.</param>
    /// <param name="objective">The quantity to minimise.</param>
    /// <param name="options">Batch size, optimiser, clipping, accumulation, seed.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <exception cref="ShapeException">
    /// The network does not take images of the preprocessing's size, or does not fit the objective.
    /// </exception>
    public TrainingStep(Model model, Objective objective, TrainingOptions options, WorkerPool? pool = null)
        : this(model, objective, objective.Layout(model), options, pool)
    {
    }

    internal TrainingStep(Model model, Objective objective, BatchLayout layout, TrainingOptions options, WorkerPool? pool)
    {
        (_objective, _options, _pool) = (objective, options, pool ?? WorkerPool.Shared);
        _gradients = new GradientBlock(model.Parameters.Trained);
        try
        {
            _plans = new StepPlans(model, objective, layout, options, _gradients, _pool);
            Optimizer = options.CreateOptimizer is not null
                ? options.CreateOptimizer(_gradients, _pool)
                : Optimizers.Create(options, model, Optimizers.GroupsOf(options, model), _gradients, _pool);
            _clipping = new GradientClipping(options, model, _gradients, _pool);
        }
        catch
        {
            _plans?.Dispose();
            _gradients.Dispose();
            throw;
        }
    }

    /// <summary>The optimiser, with the state that checkpoints keep.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>Bytes of the plans, the gradients and the optimiser's state.</summary>
    public long Bytes => _plans.Bytes + _gradients.Bytes + Optimizer.State.Sum(state => state.Bytes);

    /// <summary>Adds the gradients of one batch, and changes the weights with the last batch of a step.</summary>
    /// <param name="batch">The batch, of the objective's layout.</param>
    /// <param name="step">Number of the step, from 0.</param>
    /// <param name="part">Number of the batch in the step: 0 to <see cref="TrainingOptions.AccumulationSteps"/> − 1.</param>
    /// <param name="learningRate">Learning rate of the step.</param>
    /// <param name="sums">Takes the objective's metrics, added to what stands there; one for each of its names.</param>
    /// <returns>The loss of the batch.</returns>
    /// <exception cref="DivergenceException">The loss or a gradient is not finite; the weights were not changed.</exception>
    public double Run(Batch batch, long step, int part, double learningRate, Span<double> sums)
    {
        int parts = _options.AccumulationSteps;
        if (parts > 1 && part == 0)
        {
            _gradients.Clear();
        }

        Plan plan = _plans.For(batch.Window);
        plan.Fill(batch);

        // Dropout and samples depend on this number, so batches of one step have numbers of their own.
        plan.Iteration = (ulong)((step * parts) + part);
        _objective.Prepare(batch, plan);
        plan.Run();
        double loss = plan.Output(TrainingGraph.LossName)[0];
        if (!double.IsFinite(loss))
        {
            throw new DivergenceException(step, learningRate, loss, plan.FindNonFinite());
        }

        if (part == parts - 1)
        {
            Apply(plan, step, learningRate, loss);
        }

        _objective.Measure(plan, batch, sums);
        return loss;
    }

    /// <summary>Frees plans, gradients and optimiser.</summary>
    public void Dispose()
    {
        _plans.Dispose();
        Optimizer.Dispose();
        _gradients.Dispose();
    }

    /// <summary>Changes the weights by the mean of the gradients, clipped.</summary>
    private void Apply(Plan plan, long step, double learningRate, double loss)
    {
        int parts = _options.AccumulationSteps;
        double norm = _gradients.Norm(_pool) / parts;
        if (!double.IsFinite(norm))
        {
            throw new DivergenceException(step, learningRate, loss, plan.FindNonFinite());
        }

        Optimizer.Step(learningRate, _clipping.Apply(norm, 1f / parts));
    }
}
