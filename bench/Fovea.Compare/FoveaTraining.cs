using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Compare;

/// <summary>
/// A network in training, of classes or of segmentation: forward, backward, AdamW; a detector as torchvision trains it from published
/// weights, with SGD and its stem, first stage and batch normalisations as they are.
/// </summary>
internal sealed class FoveaTraining : IDisposable
{
    private const ulong Seed = 1;

    // Noise has nothing to teach, and the weights shall stay ordinary.
    private const double LearningRate = 1e-6;
    private const double WeightDecayFactor = 0.05;
    private const double DetectorDecay = 1e-4;
    private readonly WorkerPool _pool;
    private readonly Model _model;
    private readonly GradientBlock _gradients;
    private readonly Plan _plan;
    private readonly Optimizer _optimizer;

    /// <summary>Makes the weights, the plan and a batch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images in a step.</param>
    /// <param name="threads">Threads to run on.</param>
    public FoveaTraining(MeasuredModel model, int batch, int threads)
    {
        _pool = new WorkerPool(threads);
        _model = Create(model);
        _gradients = new GradientBlock(_model.Parameters.Trained);
        _plan = Plan.Compile(NetworkStep.Build(_model.Network, _model.Parameters, batch), _pool, _gradients);
        Noise.Fill(_plan.Input(InferenceGraph.Images));
        if (model.IsDetector)
        {
            _optimizer = new Sgd(_gradients, DetectorDecay, pool: _pool);
            return;
        }

        _optimizer = new AdamW(_gradients, WeightDecayFactor, WeightDecay.Groups, _pool);
        Span<int> labels = _plan.IntegerInput("labels");
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = i * 37 % _model.Network.Classes;
        }
    }

    /// <summary>Values that a step changes.</summary>
    /// <param name="model">The model.</param>
    public static long TrainedValues(MeasuredModel model)
    {
        using Model created = Create(model);
        return created.Parameters.Trained.Sum(variable => variable.Shape.Elements);
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
        _model.Dispose();
        _pool.Dispose();
    }

    private static Model Create(MeasuredModel model)
    {
        Model created = Model.Create(model.Name, model.Options, Seed);
        if (model.IsDetector)
        {
            created.FreezeStages(1);
            created.FreezeBatchNorm();
        }

        return created;
    }
}
