using Fovea.Data;
using Fovea.Engine.Compile.Cpu;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>One step of training as a compiled plan: forward, backward, clipping, optimiser.</summary>
public sealed class TrainingStep : IDisposable
{
    private readonly Plan _plan;
    private readonly GradientBlock _gradients;
    private readonly WorkerPool _pool;
    private readonly Optimizer _optimizer;
    private readonly TrainingOptions _options;
    private readonly int _classes;

    /// <summary>Compiles the step.</summary>
    /// <param name="network">The network.</param>
    /// <param name="state">Its weights.</param>
    /// <param name="options">Loss, optimiser, seed.</param>
    /// <param name="pool">The threads to run on.</param>
    /// <exception cref="ShapeException">The network does not take images of the preprocessing's size.</exception>
    public TrainingStep(Network network, ParameterStore state, TrainingOptions options, WorkerPool pool)
    {
        _options = options;
        _pool = pool;
        _classes = network.Classes;
        Preprocessing preprocessing = options.Preprocessing;
        ComputeGraph graph = ClassificationGraph.Training(network, state, options.BatchSize, preprocessing.Height, preprocessing.Width, options.LabelSmoothing);
        _gradients = new GradientBlock(state.Trained);
        _plan = Plan.Compile(graph, pool, _gradients);
        _plan.Seed = options.Seed;
        _optimizer = options.Optimizer == OptimizerKind.AdamW
            ? new AdamW(_gradients, options.WeightDecay, WeightDecay.Groups, pool)
            : new Sgd(_gradients, options.WeightDecay, WeightDecay.Groups, pool, options.Momentum);
    }

    /// <summary>What the optimiser remembers, for checkpoints.</summary>
    public Optimizer Optimizer => _optimizer;

    /// <summary>The bytes of the plan, the gradients and the optimiser's state.</summary>
    public long Bytes => _plan.Memory.Total + _gradients.Bytes + _optimizer.State.Sum(state => state.Bytes);

    /// <summary>Runs forward, backward and the optimiser on one batch.</summary>
    /// <param name="batch">The images.</param>
    /// <param name="step">The number of the step, from 0: dropout depends on it.</param>
    /// <param name="learningRate">The learning rate of this step.</param>
    /// <returns>The loss, and how many images were predicted right.</returns>
    /// <exception cref="DivergenceException">The loss or a gradient is not finite; the weights were not changed.</exception>
    public (double Loss, int Correct) Run(Batch batch, long step, double learningRate)
    {
        batch.Images.CopyTo(_plan.Input("images"));
        batch.Labels.CopyTo(_plan.IntegerInput("labels"));
        _plan.Iteration = (ulong)step;
        _plan.Run();
        double loss = _plan.Output("loss")[0];
        double norm = _gradients.Norm(_pool);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new DivergenceException(step, learningRate, loss, _plan.FindNonFinite());
        }

        float factor = _options.ClipNorm > 0 && norm > _options.ClipNorm ? (float)(_options.ClipNorm / norm) : 1;
        _optimizer.Step(learningRate, factor);
        return (loss, CountCorrect(batch));
    }

    /// <summary>Frees the step's memory.</summary>
    public void Dispose()
    {
        _plan.Dispose();
        _optimizer.Dispose();
        _gradients.Dispose();
    }

    private int CountCorrect(Batch batch)
    {
        ReadOnlySpan<float> logits = _plan.Output("logits");
        int correct = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            correct += Evaluator.IndexOfLargest(logits.Slice(i * _classes, _classes)) == batch.Labels[i] ? 1 : 0;
        }

        return correct;
    }
}
