using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// A model in inference mode that takes part in training steps of another: a plan of its own runs on the batch's images before each step,
/// and its output becomes an input of the training graph. It is not trained. Where its preprocessing has another mean or standard deviation
/// than that of the model that is trained, images are brought to its own.
/// </summary>
/// <param name="model">The model; it takes images of the same size as the one that is trained, and stays the caller's.</param>
/// <param name="input">Name of the input of the training graph.</param>
public sealed class Teacher(Model model, string input = "teacher") : IDisposable
{
    private readonly Dictionary<int, Plan> _plans = [];
    private (float Scale, float Shift)[]? _channels;

    /// <summary>The model.</summary>
    public Model Model => model;

    /// <summary>Adds the input for the teacher's output to a training graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <returns>
    /// The teacher's output for the batch's images: (N, classes), or (N, channels) without a head. No gradient goes through it.
    /// </returns>
    /// <exception cref="ShapeException">The teacher does not take images of the batch's size.</exception>
    public Value AddTo(TrainingGraph graph) => graph.Graph.Input(input, Prepare(graph));

    /// <summary>Runs the teacher on a batch and hands its output to a step.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="step">The plan of the step.</param>
    public void Feed(Batch batch, Plan step) => Run(batch).CopyTo(step.Input(input));

    /// <summary>Frees the plans; the model stays.</summary>
    public void Dispose()
    {
        foreach (Plan plan in _plans.Values)
        {
            plan.Dispose();
        }

        _plans.Clear();
    }

    /// <summary>Compiles the teacher for the batches of a graph.</summary>
    /// <returns>Shape of the output.</returns>
    /// <exception cref="ShapeException">The teacher does not take images of the batch's size.</exception>
    internal Shape Prepare(TrainingGraph graph)
    {
        if (!_plans.TryGetValue(graph.BatchSize, out Plan? plan))
        {
            Shape images = graph[Batch.ImagesName].Shape;
            plan = Plan.Compile(InferenceGraph.Build(model.Network, images[0], images[1], images[2]), graph.Pool);
            _plans.Add(graph.BatchSize, plan);
            _channels = Between(graph.Model.Info.Preprocessing, model.Info.Preprocessing);
        }

        return plan.Graph.Outputs[InferenceGraph.OutputOf(model.Network)].Shape;
    }

    /// <summary>Runs the teacher on a batch.</summary>
    /// <returns>Its output, until the next run.</returns>
    internal ReadOnlySpan<float> Run(Batch batch)
    {
        Plan plan = _plans[batch.Size];
        Span<float> images = plan.Input(InferenceGraph.Images);
        batch.Images.CopyTo(images);
        for (int i = 0; _channels is not null && i < images.Length; i++)
        {
            (float scale, float shift) = _channels[i % _channels.Length];
            images[i] = (images[i] * scale) + shift;
        }

        plan.Run();
        return plan.Output(InferenceGraph.OutputOf(model.Network));
    }

    /// <summary>Scale and shift of each channel from one normalisation to another; null where they are the same.</summary>
    private static (float Scale, float Shift)[]? Between(Preprocessing from, Preprocessing to) =>
        from.Mean.SequenceEqual(to.Mean) && from.StandardDeviation.SequenceEqual(to.StandardDeviation)
            ? null
            :
            [
                .. Enumerable.Range(0, from.Channels).Select(channel => (
                    from.StandardDeviation[channel] / to.StandardDeviation[channel],
                    (from.Mean[channel] - to.Mean[channel]) / to.StandardDeviation[channel])),
            ];
}
