using Fovea.Data;
using Fovea.Engine;
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
    /// <c>labels</c>; the losses of a detector, with the input <c>images</c> and a few objects in each at places of chance.
    /// </summary>
    /// <param name="network">The network, at the size that it is made for.</param>
    /// <param name="state">Its weights.</param>
    /// <param name="batch">Images in a step.</param>
    /// <exception cref="ShapeException">The network does not take images of its size.</exception>
    public static ComputeGraph Build(Network network, ParameterStore state, int batch)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(state);
        if (network.Head is not DetectorHead head)
        {
            return ClassificationGraph.Training(network, state, batch, network.Height, network.Width);
        }

        ComputeGraph graph = new(training: true);
        Value images = graph.Input(InferenceGraph.Images, [batch, network.Height, network.Width, 3]);
        float[] sizes = [.. Enumerable.Repeat(new float[] { network.Height, network.Width }, batch).SelectMany(size => size)];
        IReadOnlyList<Value> maps = network.Backbone.ForwardStages(images);
        TrainingObjects objects = new(batch, MostObjects);
        for (int image = 0; image < batch; image++)
        {
            objects[image] = Objects(network, image, masks: head is FasterRcnn { HasMasks: true });
        }

        Value loss = head.Losses(images, graph.Table([batch, 2], sizes), maps, objects)
            .Select(part => part.Loss).Aggregate((sum, part) => sum + part);
        graph.Output(TrainingGraph.LossName, loss);
        Gradients.Write(loss, state.Weights.Variables);
        return graph;
    }

    private static ImageObjects Objects(Network network, int image, bool masks)
    {
        KeyedRandom random = new(1, (ulong)image);
        List<Instance> instances = [];
        for (int i = 0; i < ObjectsInImage; i++)
        {
            (float left, float right) = Range(network.Width, ref random);
            (float top, float bottom) = Range(network.Height, ref random);
            RunLengthMask? mask = masks
                ? RunLengthMask.FromRectangle(network.Height, network.Width, new CocoBox(left, top, right - left, bottom - top))
                : null;
            instances.Add(new Instance(new Box(left, top, right, bottom, random.NextInt32(network.Classes)), mask));
        }

        return ImageObjects.Of(instances);
    }

    /// <summary>A stretch between an eighth and a half of a side.</summary>
    private static (float Start, float End) Range(int side, ref KeyedRandom random)
    {
        double length = random.NextDouble(side / 8.0, side / 2.0);
        double start = random.NextDouble(0, side - length);
        return ((float)start, (float)(start + length));
    }
}
