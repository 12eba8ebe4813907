using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Estimates of what a training step takes, without taking it.</summary>
public static class TrainingEstimate
{
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
        ComputeGraph graph = ClassificationGraph.Training(network, parameters, batch, network.Height, network.Width);

        // AdamW keeps two moments of each trained weight, SGD its momentum.
        int blocks = optimizer == OptimizerKind.AdamW ? 2 : 1;
        using GradientBlock gradients = new(parameters.Trained);
        long tensors = parameters.Weights.Bytes + parameters.Statistics.Bytes;
        return tensors + ((1 + blocks) * gradients.Bytes) + Plan.Estimate(graph, threads, gradients).Total;
    }
}
