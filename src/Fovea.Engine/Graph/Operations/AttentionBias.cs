namespace Fovea.Engine.Graph.Operations;

/// <summary>The parts of an <see cref="AttentionBias"/> that an attention has among its operands, in this order.</summary>
[Flags]
public enum AttentionBiasParts
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A table, the same for the whole batch.</summary>
    Table = 1,

    /// <summary>Relative logits by row and by column.</summary>
    Relative = 2,

    /// <summary>A mask of keys.</summary>
    Mask = 4,
}

/// <summary>Bias that is added to the scaled query-key products of an attention of N queries and M keys.</summary>
/// <param name="Table">(heads, N, M), the same for the whole batch.</param>
/// <param name="RelativeRows">
/// (B, N, heads·(2·H−1)), where queries and keys are the cells of one H×W grid: entry d of a head's is added for keys d−H+1 rows
/// below the query (arXiv 2101.11605, figure 4).
/// </param>
/// <param name="RelativeColumns">(B, N, heads·(2·W−1)): the same for keys d−W+1 columns to the right.</param>
/// <param name="Mask">(G, M), where G divides B: row b mod G is added to all rows of batch entry b. It has no gradient.</param>
public sealed record AttentionBias(Value? Table = null, Value? RelativeRows = null, Value? RelativeColumns = null, Value? Mask = null)
{
    /// <summary>Nothing is added.</summary>
    public static AttentionBias None { get; } = new();

    /// <summary>The parts that are given.</summary>
    public AttentionBiasParts Parts =>
        (Table is null ? AttentionBiasParts.None : AttentionBiasParts.Table)
        | (RelativeRows is null ? AttentionBiasParts.None : AttentionBiasParts.Relative)
        | (Mask is null ? AttentionBiasParts.None : AttentionBiasParts.Mask);

    /// <summary>The parts in the order of operands.</summary>
    public IReadOnlyList<Value> Operands => [.. new[] { Table, RelativeRows, RelativeColumns, Mask }.OfType<Value>()];
}
