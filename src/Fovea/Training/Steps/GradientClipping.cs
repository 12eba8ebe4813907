using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Limits of gradients from the options of a run: of each element, of each unit by its weights, of all together.</summary>
internal sealed class GradientClipping
{
    private readonly TrainingOptions _options;
    private readonly GradientBlock _gradients;
    private readonly WorkerPool _pool;
    private readonly AdaptiveClipping? _adaptive;

    /// <summary>Prepares the limits.</summary>
    /// <param name="options">Kind and values.</param>
    /// <param name="model">The model; adaptive clipping leaves out its head.</param>
    /// <param name="gradients">The gradients.</param>
    /// <param name="pool">The threads to run on.</param>
    public GradientClipping(TrainingOptions options, Model model, GradientBlock gradients, WorkerPool pool)
    {
        (_options, _gradients, _pool) = (options, gradients, pool);
        if (options.AdaptiveClip > 0)
        {
            HashSet<string> head = [.. model.Network.HeadKeys];
            _adaptive = new AdaptiveClipping(
                gradients,
                options.AdaptiveClip,
                variable => head.Contains(variable.Name) ? null : UnitsOf(model.Parameters.Tensors[variable.Name]),
                pool);
        }
    }

    /// <summary>Clips the gradients of a step.</summary>
    /// <param name="norm">Their norm, times the factor.</param>
    /// <param name="factor">Factor that makes them the mean of the step's batches.</param>
    /// <returns>Factor that the optimiser has to apply.</returns>
    public float Apply(double norm, float factor)
    {
        if (_options.ClipValue > 0)
        {
            _gradients.Clamp((float)(_options.ClipValue / factor), _pool);
        }

        _adaptive?.Apply(factor);
        return _options.ClipNorm > 0 ? (float)(Math.Min(1, _options.ClipNorm / (norm + 1e-6)) * factor) : factor;
    }

    /// <summary>Units of a tensor as checkpoints have it: its rows, or a tensor of one axis as a whole.</summary>
    private static ClippingUnits UnitsOf(Parameter tensor) => tensor.Layout == TensorLayout.Depthwise ? ClippingUnits.LastAxis
        : tensor.CheckpointShape.Rank > 1 ? ClippingUnits.FirstAxis
        : ClippingUnits.Whole;
}
