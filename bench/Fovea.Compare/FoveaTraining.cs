using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Compare;

/// <summary>A network in training: forward, backward, AdamW.</summary>
internal sealed class FoveaTraining : IDisposable
{
    private const ulong Seed = 1;

    // Noise has nothing to teach, and the weights shall stay ordinary.
    private const double LearningRate = 1e-6;
    private const double WeightDecayFactor = 0.05;
    private readonly WorkerPool _pool;
    private readonly ParameterStore _state;
    private readonly GradientBlock _gradients;
    private readonly Plan _plan;
    private readonly AdamW _optimizer;

    /// <summary>Makes the weights, the plan and a batch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images in a step.</param>
    /// <param name="threads">Threads to run on.</param>
    public FoveaTraining(MeasuredModel model, int batch, int threads)
    {
        Network network = model.Create();
        _pool = new WorkerPool(threads);
        _state = new ParameterStore(network);
        _state.Initialize(Seed);
        _gradients = new GradientBlock(_state.Trained);
        _plan = Plan.Compile(ClassificationGraph.Training(network, _state, batch, network.Height, network.Width), _pool, _gradients);
        _optimizer = new AdamW(_gradients, WeightDecayFactor, WeightDecay.Groups, _pool);
        Noise.Fill(_plan.Input("images"));
        Span<int> labels = _plan.IntegerInput("labels");
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = i * 37 % network.Classes;
        }
    }

    /// <summary>Takes a step.</summary>
    public void Step()
    {
        _plan.Run();
        _optimizer.Step(LearningRate);
    }

    /// <summary>Frees all memory.</summary>
    public void Dispose()
    {
        _optimizer.Dispose();
        _plan.Dispose();
        _gradients.Dispose();
        _state.Dispose();
        _pool.Dispose();
    }
}
