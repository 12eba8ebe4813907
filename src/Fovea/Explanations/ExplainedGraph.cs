using Fovea.Engine.Compile;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>
/// An inference graph of a network with what explanations read from it: scores, attentions, marked maps. Its outputs are added by whoever
/// wants them, and what they do not need is never computed.
/// </summary>
internal sealed class ExplainedGraph
{
    /// <summary>Name of the output of scores (N, classes).</summary>
    public const string Scores = "scores";

    /// <summary>Name of the input that says which score is explained: an index into the scores of a run.</summary>
    public const string ScoreIndex = "score";

    /// <summary>Name of the output of an attention's weights (B, heads, N, M).</summary>
    public const string Weights = "weights";

    /// <summary>Name of the output of a layer's map (N, H, W, C).</summary>
    public const string Map = "map";

    /// <summary>Name of the output of the score's gradient by the map.</summary>
    public const string Gradient = "gradient";

    private readonly Value _scores;
    private readonly bool[] _affects;

    /// <summary>Builds the graph.</summary>
    /// <param name="scores">Builds the scores (N, classes) of images (N, H, W, 3).</param>
    /// <param name="key">Batch and size of the images.</param>
    public ExplainedGraph(Func<Value, Value> scores, PlanKey key)
    {
        Value images = Graph.Input(InferenceGraph.Images, [key.Batch, key.Height, key.Width, 3]);
        _scores = scores(images);
        _affects = Affecting(_scores);
        Attentions = AttentionDescription.Of(Graph);

        Maps =
        [
            .. Graph.Marks
                .Where(mark => mark.Value.Shape.Rank == 4 && mark.Value.Shape[0] == key.Batch && mark.Key != InferenceGraph.Logits)
                .Select(mark => (mark.Key, mark.Value))
                .OrderBy(map => map.Value.Producer.Index),
        ];
    }

    /// <summary>The graph.</summary>
    public ComputeGraph Graph { get; } = new();

    /// <summary>Attentions in the order in which an image passes them.</summary>
    public IReadOnlyList<AttentionDescription> Attentions { get; }

    /// <summary>Marked maps (N, H, W, C) in the order in which an image passes them; some have several names.</summary>
    public IReadOnlyList<(string Name, Value Value)> Maps { get; }

    /// <summary>
    /// True if the scores depend on a map. A map that is a part of a token list is read where the list is, unless another part of it is.
    /// </summary>
    public bool Affects(Value map)
    {
        Value root = RootOf(map);
        Slice? part = ViewsOf(map).Select(view => view.Operation).OfType<Slice>().LastOrDefault();
        return root.Producer.Operation is Input || Graph.Nodes.Any(node => _affects[node.Index] && node.Inputs.Contains(root)
            && !(part is not null && node.Operation is Slice other && other.Axis == part.Axis
                && (other.Start + other.Length <= part.Start || part.Start + part.Length <= other.Start)));
    }

    /// <summary>Adds the output <see cref="Scores"/>.</summary>
    public void OutputScores() => Graph.Output(Scores, _scores);

    /// <summary>Adds the output <see cref="Weights"/>.</summary>
    /// <param name="layer">Name of the attention.</param>
    public void OutputWeights(string layer) => Graph.Output(Weights, Attentions.First(one => one.Path == layer).Weights());

    /// <summary>Adds the outputs <see cref="Map"/> and <see cref="Gradient"/>.</summary>
    /// <param name="layer">Name of a map that the scores depend on; that of the input for the images themselves.</param>
    public void OutputGradient(string layer)
    {
        Value map = layer == InferenceGraph.Images ? Graph.Inputs[layer] : Maps.First(one => one.Name == layer).Value;
        Value root = RootOf(map);
        Value gradient = Gradients.Of(Score(), [root])[0] ?? Graph.Filled(root.Shape, 0);
        foreach (Node view in ViewsOf(map).Reverse())
        {
            gradient = Graph.Apply(view.Operation, gradient);
        }

        Graph.Output(Gradient, gradient);
        Graph.Output(Map, map);
    }

    /// <summary>
    /// Adds an output (N, M), by its number, for each of several attentions: the mean of its heads' weights A, or with gradients that of
    /// max(A·∂score/∂A, 0) (arXiv 2103.15679, eq. 5).
    /// </summary>
    /// <param name="attentions">The attentions.</param>
    /// <param name="weighted">True to weight by gradients.</param>
    public void OutputMeans(IReadOnlyList<AttentionDescription> attentions, bool weighted)
    {
        Value[] weights = [.. attentions.Select(one => one.Weights())];
        if (weighted)
        {
            // Of O = A·V per head, ∂score/∂A is ∂score/∂O·Vᵀ.
            Node[] nodes = [.. attentions.Select(NodeOf)];
            IReadOnlyList<Value?> gradients = Gradients.Of(Score(), [.. nodes.Select(node => node.Outputs[0])]);
            for (int i = 0; i < weights.Length; i++)
            {
                Value gradient = gradients[i] ?? Graph.Filled(nodes[i].Outputs[0].Shape, 0);
                weights[i] = (weights[i]
                    * gradient.AttentionScores(nodes[i].Inputs[2], attentions[i].Heads, 1, AttentionBias.None)).Relu();
            }
        }

        for (int i = 0; i < weights.Length; i++)
        {
            Shape shape = weights[i].Shape;
            Graph.Output($"{i}", weights[i].Mean(1).Reshape([shape[2], shape[3]]));
        }
    }

    /// <summary>Node that computes an attention.</summary>
    public Node NodeOf(AttentionDescription attention) => Graph.Nodes.First(node =>
        node.Operation is Attention && node.Inputs[0] == attention.Query && node.Inputs[1] == attention.Key);

    /// <summary>Nodes that depend on an attention's result and that the queries of a later one depend on.</summary>
    public IEnumerable<Node> NodesBetween(AttentionDescription before, AttentionDescription after)
    {
        bool[] affects = Affecting(after.Query);
        bool[] depends = new bool[Graph.Nodes.Count];
        depends[NodeOf(before).Index] = true;
        for (int i = NodeOf(before).Index + 1; i <= after.Query.Producer.Index; i++)
        {
            depends[i] = Graph.Nodes[i].Inputs.Any(input => depends[input.Producer.Index]);
        }

        return Graph.Nodes.Where(node => affects[node.Index] && depends[node.Index]);
    }

    /// <summary>Changes of shape and cuts that make a map of the value that the network goes on with, the last first.</summary>
    private static IEnumerable<Node> ViewsOf(Value map)
    {
        for (Node node = map.Producer; node.Operation is Reshape or Slice; node = node.Inputs[0].Producer)
        {
            yield return node;
        }
    }

    private static Value RootOf(Value map) => ViewsOf(map).LastOrDefault()?.Inputs[0] ?? map;

    /// <summary>The one score that <see cref="ScoreIndex"/> names (1, 1).</summary>
    private Value Score() => _scores.Reshape([(int)_scores.Shape.Elements, 1]).Gather(Graph.Input(ScoreIndex, [1], ElementType.Int32));

    /// <summary>For each node, true where a value depends on it.</summary>
    private static bool[] Affecting(Value value)
    {
        bool[] affects = new bool[value.Graph.Nodes.Count];
        affects[value.Producer.Index] = true;
        for (int i = value.Producer.Index; i >= 0; i--)
        {
            foreach (Value input in affects[i] ? value.Graph.Nodes[i].Inputs : [])
            {
                affects[input.Producer.Index] = true;
            }
        }

        return affects;
    }
}
