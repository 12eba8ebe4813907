namespace Fovea.Layers;

/// <summary>
/// Left in the graph where a node multiplies more than published counts say: the field's counts hold convolutions, linear layers and the two products of
/// attention, but not products with position embeddings.
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="MultiplyAdds">How many of its multiply-adds are not counted.</param>
public sealed record UncountedProducts(Node Node, long MultiplyAdds);
