using Fovea.Models;

namespace Fovea.Onnx;

/// <summary>
/// Index of the largest logit of each pixel: from a map (N, H, W, classes) to integers (N, H, W). Only files have it.
/// </summary>
internal sealed record LargestLogit : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        Shape logits = inputs[0].Shape;
        return [new TensorType([logits[0], logits[1], logits[2]], ElementType.Int32)];
    }
}

/// <summary>Graphs of segmentation networks as files have them where they tell classes.</summary>
internal static class SegmenterGraph
{
    /// <summary>Name of the output: class index of each pixel.</summary>
    public const string ClassesName = "classes";

    /// <summary>Builds the classes of pixels at the input's size.</summary>
    /// <param name="network">A network that is part of a <see cref="Layers.ParameterStore"/>.</param>
    /// <param name="head">The network's head.</param>
    /// <param name="images">Images in a run.</param>
    public static ComputeGraph Build(Network network, SegmenterHead head, int images)
    {
        ComputeGraph graph = new();
        Value input = graph.Input(InferenceGraph.Images, [images, network.Height, network.Width, 3], batchAxis: 0);
        Value logits = network.Forward(input)
            .Resize(Interpolation.Bilinear, network.Height, network.Width, head.Options.AlignCorners);
        graph.Output(ClassesName, graph.Apply(new LargestLogit(), logits));
        return graph;
    }
}
