using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Estimates of what a training step takes, without taking it.</summary>
public static class TrainingEstimate
{
    // Report, curves and headers.
    private const long LogBytes = 4 << 20;

    /// <summary>
    /// Estimates the bytes that a run writes at most at one time: the best checkpoint, the last one with the optimiser's state and
    /// averages, and another such that takes its place.
    /// </summary>
    /// <param name="network">The network, which stays as it is.</param>
    /// <param name="options">Optimiser, averages.</param>
    public static long DiskBytes(Network network, TrainingOptions options)
    {
        using ParameterStore parameters = ParameterStore.Describe(network);
        long weights = parameters.Weights.Bytes + parameters.Statistics.Bytes;
        long last = weights + (Optimizers.StatesOf(options.Optimizer) * parameters.Weights.Bytes) + (options.EmaDecay > 0 ? weights : 0);
        return weights + (2 * last) + LogBytes;
    }

    /// <summary>Finds batch normalisations that would see a single value of each channel, of which there is no variance.</summary>
    /// <param name="network">The network, which stays as it is.</param>
    /// <param name="batch">Images in a batch.</param>
    /// <returns>Paths of the modules; none where all is well.</returns>
    public static IReadOnlyList<string> SingleValueNorms(Network network, int batch)
    {
        using ParameterStore parameters = ParameterStore.Describe(network);
        ComputeGraph graph = NetworkStep.Build(network, parameters, batch);
        return
        [
            .. graph.Nodes
                .Where(node => node.Operation is BatchStatistics && node.Inputs[0].Shape.Elements == node.Inputs[0].Shape.Last)
                .Select(node => node.Path),
        ];
    }

    /// <summary>
    /// Estimates the bytes of a training step: weights, running statistics, gradients, the optimiser's state, the plan's memory.
    /// </summary>
    /// <param name="network">The network, which stays as it is.</param>
    /// <param name="batch">Images in a step.</param>
    /// <param name="optimizer">Optimiser whose state is counted.</param>
    /// <param name="threads">Threads that would run the step; as many as there are processors where null.</param>
    /// <exception cref="ShapeException">The network cannot take images of the size that it is made for.</exception>
    public static long Bytes(Network network, int batch, OptimizerKind optimizer = OptimizerKind.AdamW, int? threads = null)
    {
        using ParameterStore parameters = ParameterStore.Describe(network);
        ComputeGraph graph = NetworkStep.Build(network, parameters, batch);

        using GradientBlock gradients = new(parameters.Trained);
        long tensors = parameters.Weights.Bytes + parameters.Statistics.Bytes;

        // Muon also holds the directions of a step.
        int blocks = 1 + Optimizers.StatesOf(optimizer) + (optimizer == OptimizerKind.Muon ? 1 : 0);
        return tensors + (blocks * gradients.Bytes) + Plan.Estimate(graph, threads, gradients).Total;
    }
}
