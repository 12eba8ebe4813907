using Fovea.Data;
using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>The graph of a training step while an <see cref="Objective"/> builds its loss: inputs of the batch, forward pass of the network.</summary>
public sealed class TrainingGraph
{
    /// <summary>Name of the output that holds the loss.</summary>
    public const string LossName = "loss";

    private TrainingGraph(Model model, BatchLayout layout, int batchSize, WorkerPool? pool)
    {
        (Model, BatchSize, Pool) = (model, batchSize, pool);
        Graph = new ComputeGraph(training: true);
        foreach (BatchField field in layout.Fields)
        {
            Graph.Input(field.Name, [batchSize, .. field.Shape], field.Element == BatchElement.Int32 ? ElementType.Int32 : ElementType.Float32);
        }

        Output = model.Network.Forward(this[Batch.ImagesName]);
    }

    /// <summary>The graph; what a loss is built with are its values and their operations.</summary>
    public ComputeGraph Graph { get; }

    /// <summary>The model that is trained.</summary>
    public Model Model { get; }

    /// <summary>Images in a step, N.</summary>
    public int BatchSize { get; }

    /// <summary>Output of the network for the batch's images: logits (N, classes), or pooled features (N, channels) without a head.</summary>
    public Value Output { get; }

    /// <summary>The threads that the step will run on; the shared pool where null.</summary>
    internal WorkerPool? Pool { get; }

    /// <summary>An input of the graph.</summary>
    /// <param name="input">Name of an array of the batch, or of an input that the objective added.</param>
    /// <exception cref="ArgumentException">There is no such input; the message names those there are.</exception>
    public Value this[string input] => Graph.Inputs.TryGetValue(input, out Value? value)
        ? value
        : throw new ArgumentException($"The batch has no array '{input}'; it has {string.Join(", ", Graph.Inputs.Keys)}.", nameof(input));

    /// <summary>Builds forward pass, loss and gradients of a step: an input for each array of the objective's layout, and the output <c>loss</c>.</summary>
    /// <param name="model">The model; parameters that are frozen get no gradient.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="batchSize">Images in a step.</param>
    /// <exception cref="ShapeException">The network does not take images of the preprocessing's size, or the loss is not a single number.</exception>
    public static ComputeGraph Build(Model model, Objective objective, int batchSize) => Build(model, objective, objective.Layout(model), batchSize, null);

    internal static ComputeGraph Build(Model model, Objective objective, BatchLayout layout, int batchSize, WorkerPool? pool)
    {
        TrainingGraph graph = new(model, layout, batchSize, pool);
        Value loss = objective.Loss(graph);
        if (loss.Shape.Elements != 1)
        {
            throw new ShapeException($"a loss is a single number, but {objective.GetType().Name} gives {loss.Shape}: take the mean or the sum");
        }

        graph.Graph.Output(LossName, loss);
        Gradients.Write(loss, model.Parameters.Trained);
        return graph.Graph;
    }
}
