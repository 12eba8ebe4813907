using Fovea.Layers;

namespace Fovea.Explanations;

/// <summary>A layer of a network that explanations can be made of: an attention, or a map that the graph marks.</summary>
/// <param name="Name">Path of an attention, such as <c>blocks_a.0.attn</c>, or mark of a map, such as <c>stage3</c>.</param>
/// <param name="Height">Rows of its maps.</param>
/// <param name="Width">Columns of its maps.</param>
/// <param name="Heads">Number of heads of an attention; 0 for a marked map.</param>
/// <param name="Tokens">Grids of the queries and keys of an attention; null for a marked map.</param>
public sealed record ExplainableLayer(string Name, int Height, int Width, int Heads = 0, AttentionTokens? Tokens = null)
{
    /// <summary>True for an attention, false for a marked map.</summary>
    public bool IsAttention => Tokens is not null;
}
