using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;

namespace Fovea.Tests.Golden;

/// <summary>The weights of an aggregating attention as golden cases name them.</summary>
internal static class AttentionMarks
{
    /// <summary>
    /// Marks the weights of a graph's last attention, of one head, as <c>attention</c> (B, m, M) and their part on the map as
    /// <c>attention_map</c>.
    /// </summary>
    public static void Add(ComputeGraph graph)
    {
        AttentionDescription last = AttentionDescription.Of(graph)[^1];
        if (last.Heads > 1)
        {
            return;
        }

        int known = graph.Nodes.Count;
        TokenGrid keys = last.Tokens.Keys;
        Value weights = last.Weights();
        weights = weights.Reshape([weights.Shape[0], weights.Shape[2], weights.Shape[3]]).Mark("attention");
        weights.Slice(2, keys.ClassTokens, keys.Height * keys.Width).Permute(0, 2, 1).ToMap(keys.Height, keys.Width).Mark("attention_map");

        // The network itself multiplies only once.
        foreach (Node node in graph.Nodes.Skip(known).ToArray())
        {
            graph.Annotate(new UncountedProducts(node, node.MultiplyAdds));
        }
    }
}
