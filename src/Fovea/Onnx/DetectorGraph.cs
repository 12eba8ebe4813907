using Fovea.Detection;
using Fovea.Models;

namespace Fovea.Onnx;

/// <summary>
/// Masks of detections as a file gives them: from logits (N·D, H, W, channels) and classes (N, D) to the probabilities of the predicted
/// class, a map (N, H, W, D) with a channel for each detection. Only files have it.
/// </summary>
/// <param name="Classes">Order of the labels.</param>
internal sealed record PredictedMasks(RegionClasses Classes) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        (Shape logits, Shape classes) = (inputs[0].Shape, inputs[1].Shape);
        return [new TensorType([classes[0], logits[1], logits[2], classes[1]])];
    }
}

/// <summary>Graphs of detectors as files have them: one image that fills the network's input, without an axis for a batch.</summary>
internal static class DetectorGraph
{
    /// <summary>Builds boxes, scores, classes and, where the head has them, masks.</summary>
    /// <param name="network">A network that is part of a <see cref="Layers.ParameterStore"/>.</param>
    /// <param name="head">The network's head.</param>
    public static ComputeGraph Build(Network network, DetectorHead head)
    {
        ComputeGraph graph = new();
        network.Forward(graph.Input(InferenceGraph.Images, [1, network.Height, network.Width, 3]));
        foreach (string name in new[] { DetectorHead.BoxesName, DetectorHead.ScoresName, DetectorHead.ClassesName })
        {
            graph.Output(name, graph.Marks[name]);
        }

        if (head is FasterRcnn { HasMasks: true })
        {
            PredictedMasks operation = new(head.Rules.Classes);
            Value masks = graph.Apply(operation, graph.Marks[FasterRcnn.MasksName], graph.Marks[DetectorHead.ClassesName]);
            graph.Output(FasterRcnn.MasksName, masks);
        }

        return graph;
    }
}
