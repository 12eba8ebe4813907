namespace Fovea.Layers;

/// <summary>
/// Conversion of maps to the token lists of their groups, and back, for attention within groups (arXiv 2108.00154, section 3.2).
/// </summary>
public static class TokenGrouping
{
    /// <summary>
    /// Added to scores of keys that stand in the padding: large enough to silence them, small enough that a group of padding alone stays
    /// finite.
    /// </summary>
    private const float Masked = -1e6f;

    /// <summary>
    /// A map (N, H, W, C) as the tokens (N·groups, height·width, C) of its groups, in the order that <see cref="TokenGroups"/> says;
    /// zeros stand where a group reaches beyond the map.
    /// </summary>
    public static Value Group(this Value map, TokenGroups groups)
    {
        TokenGrid grid = GridOf(map);
        (int down, int across) = groups.SuperCells(grid);
        (int height, int width) = groups.PaddedSize(grid);
        Value padded = map.Pad(1, 0, height - grid.Height).Pad(2, 0, width - grid.Width);
        Value grouped = groups.Count(grid) == 1
            ? padded
            : padded.Reshape([map.Shape[0], down, groups.Height, groups.Interval, across, groups.Width, groups.Interval, map.Shape[3]])
                .Permute(0, 1, 4, 3, 6, 2, 5, 7);
        return grouped.Reshape([map.Shape[0] * groups.Count(grid), groups.Height * groups.Width, map.Shape[3]]);
    }

    /// <summary>
    /// The map (N, H, W, C) whose groups' tokens are given: the inverse of <see cref="Group"/>, without what stood in the padding.
    /// </summary>
    public static Value Ungroup(this Value tokens, TokenGroups groups, TokenGrid grid)
    {
        (int down, int across) = groups.SuperCells(grid);
        (int height, int width) = groups.PaddedSize(grid);
        int images = tokens.Shape[0] / groups.Count(grid);
        Value ordered = groups.Count(grid) == 1
            ? tokens
            : tokens.Reshape([images, down, across, groups.Interval, groups.Interval, groups.Height, groups.Width, tokens.Shape[2]])
                .Permute(0, 1, 5, 3, 2, 6, 4, 7);
        return ordered.Reshape([images, height, width, tokens.Shape[2]]).Slice(1, 0, grid.Height).Slice(2, 0, grid.Width);
    }

    /// <summary>
    /// The mask (groups, height·width) of keys for <see cref="AttentionBias"/> that keeps tokens from attending to the padding; null where
    /// there is none.
    /// </summary>
    public static Value? PaddingMask(this ComputeGraph graph, TokenGroups groups, TokenGrid grid)
    {
        if (groups.PaddedSize(grid) == (grid.Height, grid.Width))
        {
            return null;
        }

        int members = groups.Height * groups.Width;
        float[] mask = new float[groups.Count(grid) * members];
        for (int i = 0; i < mask.Length; i++)
        {
            (int row, int column) = groups.Cell(grid, i / members, i % members);
            mask[i] = row < grid.Height && column < grid.Width ? 0 : Masked;
        }

        return graph.Table([groups.Count(grid), members], mask);
    }

    /// <summary>The grid that the cells of a map (N, H, W, C) form.</summary>
    public static TokenGrid GridOf(Value map) => new(map.Shape[1], map.Shape[2]);
}
