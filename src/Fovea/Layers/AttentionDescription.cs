namespace Fovea.Layers;

/// <summary>
/// One attention of a network: the grids of its tokens, and the values that it is computed from. Networks leave one in the graph for each
/// attention, in order, so that maps of attention can be drawn without knowing the family.
/// </summary>
/// <param name="Path">The module that attends, such as <c>blocks_a.0.attn</c>.</param>
/// <param name="Tokens">Grids of the queries and keys.</param>
/// <param name="Heads">Number of heads; head h is channels h·d … (h+1)·d−1.</param>
/// <param name="Scale">Factor on query-key products.</param>
/// <param name="Query">Queries (B, N, C), where B counts images or their groups.</param>
/// <param name="Key">Keys (B, M, C).</param>
/// <param name="Bias">Bias that is added to the products.</param>
public sealed record AttentionDescription(
    string Path, AttentionTokens Tokens, int Heads, float Scale, Value Query, Value Key, AttentionBias Bias)
{
    /// <summary>All attentions of a graph, in the order in which an image passes them.</summary>
    public static IReadOnlyList<AttentionDescription> Of(ComputeGraph graph) => [.. graph.Annotations.OfType<AttentionDescription>()];

    /// <summary>
    /// The attention's weights (B, heads, N, M), each row summing to 1: nodes that compute them beside the attention itself.
    /// </summary>
    public Value Weights() => Query.AttentionScores(Key, Heads, Scale, Bias).Softmax();
}
