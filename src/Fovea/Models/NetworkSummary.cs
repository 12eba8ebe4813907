using Fovea.Engine.Compile.Cpu;
using Fovea.Engine.Optimization;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>One part of a network in figures: the stem, a stage or the head.</summary>
/// <param name="Name">Its name, such as <c>stage1</c>.</param>
/// <param name="Stride">Pixels of the image between neighbouring positions of its result; null for the head, which gives no map.</param>
/// <param name="Channels">Channels of its result.</param>
/// <param name="Output">Shape of its result for one image: (H, W, C), or (classes) for the head.</param>
/// <param name="Parameters">Trained values.</param>
/// <param name="MultiplyAdds">Multiply-adds for one image.</param>
public sealed record PartSummary(string Name, int? Stride, int Channels, Shape Output, long Parameters, long MultiplyAdds);

/// <summary>
/// What a network costs at a batch and image size. All of it follows from the network's graph: no memory is taken for weights or plans,
/// and nothing runs.
/// </summary>
public sealed class NetworkSummary
{
    private const int AdamWMoments = 2;

    /// <summary>Works the figures out.</summary>
    /// <param name="network">A network that is not part of a <see cref="ParameterStore"/> yet; it becomes part of the summary's own.</param>
    /// <param name="batch">Images in one run.</param>
    /// <param name="threads">How many threads would run the plans; as many as there are processors where it is not given.</param>
    /// <exception cref="ShapeException">The network cannot take images of the size that it is made for.</exception>
    public NetworkSummary(Network network, int batch = 1, int? threads = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        using ParameterStore state = new(network);
        ComputeGraph single = ClassificationGraph.Inference(network, 1);

        Network = network;
        Batch = batch;
        Parameters = state.ParameterCount;
        MultiplyAdds = MultiplyAddsOf(single);
        Parts = Summarize(network, single);

        long tensors = state.Weights.Bytes + state.Statistics.Bytes;
        InferenceBytes = tensors + Plan.Estimate(ClassificationGraph.Inference(network, batch), threads).Total;
        using GradientBlock gradients = new(state.Trained);
        ComputeGraph training = ClassificationGraph.Training(network, state, batch, network.Height, network.Width);
        TrainingBytes = tensors + ((1 + AdamWMoments) * gradients.Bytes) + Plan.Estimate(training, threads, gradients).Total;
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Images in one run.</summary>
    public int Batch { get; }

    /// <summary>Trained values.</summary>
    public long Parameters { get; }

    /// <summary>Multiply-adds for one image.</summary>
    public long MultiplyAdds { get; }

    /// <summary>Bytes of an inference run: weights, running statistics and the plan's memory.</summary>
    public long InferenceBytes { get; }

    /// <summary>Bytes of a training step: weights, statistics, the plan's memory, the gradients, and the two moments of AdamW.</summary>
    public long TrainingBytes { get; }

    /// <summary>Stem, stages and head.</summary>
    public IReadOnlyList<PartSummary> Parts { get; }

    /// <summary>Trained values and multiply-adds for one image of a network, without planning any memory.</summary>
    /// <param name="network">A network that is not part of a <see cref="ParameterStore"/> yet.</param>
    public static (long Parameters, long MultiplyAdds) Count(Network network)
    {
        using ParameterStore state = new(network);
        return (state.ParameterCount, MultiplyAddsOf(ClassificationGraph.Inference(network, 1)));
    }

    /// <summary>
    /// Multiply-adds of a graph as the field counts them: convolutions, linear layers and the two products of attention. What is computed once for a
    /// batch counts whole, so build the graph for one image.
    /// </summary>
    public static long MultiplyAddsOf(ComputeGraph graph) => CountByNode(graph).Values.Sum();

    private static Dictionary<Node, long> CountByNode(ComputeGraph graph)
    {
        Dictionary<Node, long> counts = graph.Nodes.ToDictionary(node => node, node => node.MultiplyAdds);
        foreach (UncountedProducts products in graph.Annotations.OfType<UncountedProducts>())
        {
            counts[products.Node] -= products.MultiplyAdds;
        }

        return counts;
    }

    private static PartSummary[] Summarize(Network network, ComputeGraph graph)
    {
        Value logits = graph.Outputs["logits"];
        Dictionary<Node, long> counts = CountByNode(graph);
        NetworkParts parts = new(network, graph);
        ILookup<string, Node> nodes = graph.Nodes.ToLookup(parts.PartOf);
        return [.. parts.Names.Select(name =>
        {
            Shape output = graph.Marks.TryGetValue(name, out Value? map) ? map.Shape : logits.Shape;
            long parameters = nodes[name].Sum(node => node.Operation is ReadVariable { Variable.Trainable: true } read ? read.Variable.Shape.Elements : 0);
            long multiplyAdds = nodes[name].Sum(node => counts[node]);
            return new PartSummary(name, map is null ? null : network.Height / map.Shape[1], output.Last, [.. output.Skip(1)], parameters, multiplyAdds);
        })];
    }
}
