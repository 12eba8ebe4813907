using Fovea.Data;
using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// The graph of a training step while an <see cref="Objective"/> builds its loss: inputs of the batch, forward pass of the network.
/// </summary>
public sealed class TrainingGraph
{
    /// <summary>Name of the output that holds the loss.</summary>
    public const string LossName = "loss";

    private TrainingGraph(
        Model model, BatchLayout layout, int batchSize, WorkerPool? pool, ImageSize? window, IShardExchange? shards)
    {
        (Model, BatchSize, Pool) = (model, batchSize, pool);
        Graph = new ComputeGraph(training: true) { Shards = shards };
        foreach (BatchField field in layout.Fields)
        {
            ElementType element = field.Element == BatchElement.Int32 ? ElementType.Int32 : ElementType.Float32;
            Shape row = field.Name == Batch.ImagesName && window is ImageSize size
                ? [size.Height, size.Width, field.Shape[^1]]
                : [.. field.Shape];
            Graph.Input(field.Name, [batchSize, .. row], element);
        }
    }

    /// <summary>The graph; what a loss is built with are its values and their operations.</summary>
    public ComputeGraph Graph { get; }

    /// <summary>The model that is trained.</summary>
    public Model Model { get; }

    /// <summary>Images in a step, N.</summary>
    public int BatchSize { get; }

    /// <summary>
    /// Output of the network for the batch's images: logits (N, classes), or pooled features (N, channels) without a head.
    /// </summary>
    /// <remarks>Built when it is first asked for, as <see cref="Maps"/> are; an objective takes one of the two.</remarks>
    public Value Output => field ??= Model.Network.Forward(this[Batch.ImagesName]);

    /// <summary>Maps (N, H, W, C) of the backbone's stages for the batch's images, for dense heads.</summary>
    public IReadOnlyList<Value> Maps => field ??= Model.Network.Backbone.ForwardStages(this[Batch.ImagesName]);

    /// <summary>The threads that the step will run on; the shared pool where null.</summary>
    internal WorkerPool? Pool { get; }

    /// <summary>An input of the graph.</summary>
    /// <param name="input">Name of an array of the batch, or of an input that the objective added.</param>
    /// <exception cref="ArgumentException">There is no such input; the message names those there are.</exception>
    public Value this[string input] => Graph.Inputs.TryGetValue(input, out Value? value)
        ? value
        : throw new ArgumentException($"The batch has no array '{input}'; it has {string.Join(", ", Graph.Inputs.Keys)}.", nameof(input));

    /// <summary>
    /// Builds forward pass, loss and gradients of a step: an input for each array of the objective's layout, and the output <c>loss</c>.
    /// </summary>
    /// <param name="model">The model; parameters that are frozen get no gradient.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="batchSize">Images in a step.</param>
    /// <exception cref="ShapeException">
    /// The network does not take images of the preprocessing's size, or the loss is not a single number.
    /// </exception>
    public static ComputeGraph Build(Model model, Objective objective, int batchSize) =>
        Build(model, objective, objective.Layout(model), batchSize, null);

    /// <summary>Builds a step for batches of a layout.</summary>
    /// <param name="model">The model.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="layout">The objective's layout.</param>
    /// <param name="batchSize">Images in a step.</param>
    /// <param name="pool">Threads that the step will run on.</param>
    /// <param name="window">Size of the images where it differs from batch to batch; null for that of the layout.</param>
    /// <param name="shards">The other shards of the batch, where batch normalisations take the statistics of all; null for none.</param>
    internal static ComputeGraph Build(
        Model model,
        Objective objective,
        BatchLayout layout,
        int batchSize,
        WorkerPool? pool,
        ImageSize? window = null,
        IShardExchange? shards = null)
    {
        TrainingGraph graph = new(model, layout, batchSize, pool, window, shards);
        Value loss = objective.Loss(graph);
        if (loss.Shape.Elements != 1)
        {
            throw new ShapeException(
                $"a loss is a single number, but {objective.GetType().Name} gives {loss.Shape}: take the mean or the sum");
        }

        graph.Graph.Output(LossName, loss);
        Gradients.Write(loss, model.Parameters.Trained);
        return graph.Graph;
    }
}
