using Fovea.Data;
using Fovea.Engine.Compile;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// Training step of any registered network where there is neither a <see cref="Model"/> nor data, to be measured or looked at.
/// </summary>
public static class NetworkStep
{
    private const int MostObjects = 100;
    private const int ObjectsInImage = 8;

    /// <summary>
    /// Builds forward pass, loss and the gradient of every weight: cross entropy of a classifier, with inputs <c>images</c> and
    /// <c>labels</c>; that of segmentation, with <c>labels</c> of every pixel; the losses of a detector, with the input <c>images</c> and a
    /// few objects spread over each.
    /// </summary>
    /// <param name="network">The network, at the size that it is made for.</param>
    /// <param name="state">Its weights.</param>
    /// <param name="batch">Images in a step.</param>
    /// <exception cref="ShapeException">The network does not take images of its size.</exception>
    public static ComputeGraph Build(Network network, ParameterStore state, int batch)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(state);
        if (network.Head is not DenseHead dense)
        {
            return ClassificationGraph.Training(network, state, batch, network.Height, network.Width);
        }

        ComputeGraph graph = new(training: true);
        Value images = graph.Input(InferenceGraph.Images, [batch, network.Height, network.Width, 3]);
        IReadOnlyList<Value> maps = network.Backbone.ForwardStages(images);
        IReadOnlyList<(string Name, Value Loss)> losses = dense switch
        {
            DetectorHead detector => LossesOf(detector, network, images, maps),
            SegmenterHead segmenter => segmenter.Losses(
                maps, graph.Input(Batch.LabelsName, [batch, network.Height, network.Width], ElementType.Int32)),
            _ => throw new ArgumentException($"{dense.GetType().Name} has no losses that are known.", nameof(network)),
        };
        Value loss = losses.Select(part => part.Loss).Aggregate((sum, part) => sum + part);
        graph.Output(TrainingGraph.LossName, loss);
        Gradients.Write(loss, state.Weights.Variables);
        return graph;
    }

    private static IReadOnlyList<(string Name, Value Loss)> LossesOf(
        DetectorHead head, Network network, Value images, IReadOnlyList<Value> maps)
    {
        int batch = images.Shape[0];
        float[] sizes = [.. Enumerable.Repeat(new float[] { network.Height, network.Width }, batch).SelectMany(size => size)];
        TrainingObjects objects = new(batch, MostObjects);
        for (int image = 0; image < batch; image++)
        {
            objects[image] = Objects(network, image, masks: head is FasterRcnn { HasMasks: true });
        }

        return head.Losses(images, images.Graph.Table([batch, 2], sizes), maps, objects);
    }

    private static ImageObjects Objects(Network network, int image, bool masks)
    {
        List<Instance> instances = [];
        for (int i = 0; i < ObjectsInImage; i++)
        {
            // From an eighth to a half of the sides, at places that differ between objects and images.
            double part = (1 + (i % 4)) / 8.0;
            double across = (1 - part) * (((5 * i) + image) % ObjectsInImage) / ObjectsInImage;
            double down = (1 - part) * (((3 * i) + image) % ObjectsInImage) / ObjectsInImage;
            CocoBox place = new(across * network.Width, down * network.Height, part * network.Width, part * network.Height);
            Box box = new(
                (float)place.X, (float)place.Y, (float)(place.X + place.Width), (float)(place.Y + place.Height), i % network.Classes);
            instances.Add(new Instance(box, masks ? RunLengthMask.FromRectangle(network.Height, network.Width, place) : null));
        }

        return ImageObjects.Of(instances);
    }
}
