using Fovea.Engine.Execution;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>One part of a network in figures: the stem, a stage, the head or a part of it.</summary>
/// <param name="Name">Name of the part, such as <c>stage1</c> or <c>fpn</c>.</param>
/// <param name="Stride">Pixels of the image between neighbouring positions of its result; null for the head and its parts.</param>
/// <param name="Channels">Channels of its result.</param>
/// <param name="Output">
/// Shape of its result for one image: (H, W, C), of a pyramid the coarsest level; for the head (classes), or (channels) of the pooled
/// features where there is none; for detectors (proposals, 5) and (detections, 4).
/// </param>
/// <param name="Parameters">Trained values.</param>
/// <param name="MultiplyAdds">Multiply-adds for one image.</param>
public sealed record PartSummary(string Name, int? Stride, int Channels, Shape Output, long Parameters, long MultiplyAdds);

/// <summary>
/// Figures of a network at a batch and image size: parameters, multiply-adds, memory of inference. All of it follows from the network's
/// graph: no memory is taken for weights or plans, and nothing runs.
/// </summary>
public sealed class NetworkSummary
{
    /// <summary>Works the figures out. The network stays as it is, whether it is part of a <see cref="ParameterStore"/> or not.</summary>
    /// <param name="network">The network.</param>
    /// <param name="batch">Images in one run.</param>
    /// <param name="threads">Threads that would run the plans; as many as there are processors where null.</param>
    /// <exception cref="ShapeException">The network cannot take images of the size that it is made for.</exception>
    public NetworkSummary(Network network, int batch = 1, int? threads = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        using ParameterStore parameters = ParameterStore.Describe(network);
        ComputeGraph single = InferenceGraph.Build(network, 1);
        (Network, Batch, Parameters) = (network, batch, parameters.ParameterCount);
        MultiplyAdds = MultiplyAddsOf(single);
        Parts = Summarize(network, single, [.. parameters.Weights.Variables]);
        long planned = Plan.Estimate(InferenceGraph.Build(network, batch), threads).Total;
        InferenceBytes = parameters.Weights.Bytes + parameters.Statistics.Bytes + planned;
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Images in one run.</summary>
    public int Batch { get; }

    /// <summary>Number of trained values.</summary>
    public long Parameters { get; }

    /// <summary>Multiply-adds for one image.</summary>
    public long MultiplyAdds { get; }

    /// <summary>Bytes of an inference run: weights, running statistics and the plan's memory.</summary>
    public long InferenceBytes { get; }

    /// <summary>Stem, stages and head; of a dense head its parts.</summary>
    public IReadOnlyList<PartSummary> Parts { get; }

    /// <summary>Counts trained values, and multiply-adds for one image, without planning any memory. The network stays as it is.</summary>
    /// <param name="network">The network.</param>
    public static (long Parameters, long MultiplyAdds) Count(Network network)
    {
        using ParameterStore parameters = ParameterStore.Describe(network);
        return (parameters.ParameterCount, MultiplyAddsOf(InferenceGraph.Build(network, 1)));
    }

    /// <summary>
    /// Counts the multiply-adds of a graph as the field does: convolutions, linear layers and the two products of attention. What is
    /// computed once for a batch counts whole, so build the graph for one image.
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

    private static PartSummary[] Summarize(Network network, ComputeGraph graph, HashSet<Variable> weights)
    {
        Value result = graph.Outputs[InferenceGraph.OutputOf(network)];
        Dictionary<Node, long> counts = CountByNode(graph);
        NetworkParts parts = new(network, graph);
        IReadOnlyList<string> ofHead = network.Head is DenseHead dense ? dense.Parts : [NetworkParts.Head];
        ILookup<string, Node> nodes = graph.Nodes.ToLookup(parts.PartOf);
        return [.. parts.Names.Select(name =>
        {
            Shape output = graph.Marks.TryGetValue(name, out Value? map) ? map.Shape : result.Shape;
            int? stride = map is null || ofHead.Contains(name) ? null : network.Height / map.Shape[1];
            long parameters = nodes[name].Select(node => node.Operation).OfType<ReadVariable>().Select(read => read.Variable)
                .Where(weights.Contains).Sum(variable => variable.Shape.Elements);
            Shape ofImage = output.Rank > 2 || network.Head is not DenseHead ? [.. output.Skip(1)] : output;
            return new PartSummary(name, stride, output.Last, ofImage, parameters, nodes[name].Sum(node => counts[node]));
        })];
    }
}
