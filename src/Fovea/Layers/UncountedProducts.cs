namespace Fovea.Layers;

/// <summary>
/// Note in the graph that a node multiplies more than published counts say: the field's counts hold convolutions, linear layers and the two
/// products of attention, but not products with position embeddings.
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="MultiplyAdds">Number of its multiply-adds that are not counted.</param>
internal sealed record UncountedProducts(Node Node, long MultiplyAdds);
