using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// A model in inference mode that takes part in training steps of another: a plan of its own runs on the batch's images before each step,
/// and its output becomes an input of the training graph. It is not trained.
/// </summary>
/// <param name="model">The model; it takes the same prepared images as the one that is trained, and stays the caller's.</param>
/// <param name="input">Name of the input of the training graph.</param>
public sealed class Teacher(Model model, string input = "teacher") : IDisposable
{
    private readonly Dictionary<int, Plan> _plans = [];

    /// <summary>The model.</summary>
    public Model Model => model;

    /// <summary>Adds the input for the teacher's output to a training graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <returns>
    /// The teacher's output for the batch's images: (N, classes), or (N, channels) without a head. No gradient goes through it.
    /// </returns>
    /// <exception cref="ShapeException">The teacher does not take images of the batch's size.</exception>
    public Value AddTo(TrainingGraph graph)
    {
        if (!_plans.TryGetValue(graph.BatchSize, out Plan? plan))
        {
            Shape images = graph[Batch.ImagesName].Shape;
            plan = Plan.Compile(InferenceGraph.Build(model.Network, images[0], images[1], images[2]), graph.Pool);
            _plans.Add(graph.BatchSize, plan);
        }

        return graph.Graph.Input(input, plan.Graph.Outputs[InferenceGraph.OutputOf(model.Network)].Shape);
    }

    /// <summary>Runs the teacher on a batch and hands its output to a step.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="step">The plan of the step.</param>
    public void Feed(Batch batch, Plan step)
    {
        Plan plan = _plans[batch.Size];
        batch.Images.CopyTo(plan.Input(InferenceGraph.Images));
        plan.Run();
        plan.Output(InferenceGraph.OutputOf(model.Network)).CopyTo(step.Input(input));
    }

    /// <summary>Frees the plans; the model stays.</summary>
    public void Dispose()
    {
        foreach (Plan plan in _plans.Values)
        {
            plan.Dispose();
        }

        _plans.Clear();
    }
}
