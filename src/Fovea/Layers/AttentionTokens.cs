namespace Fovea.Layers;

/// <summary>Tokens of a list: first class tokens (and their like), then the cells of a grid over the image, row by row.</summary>
/// <param name="Height">Rows of the grid; 0 where there are class tokens only.</param>
/// <param name="Width">Columns of the grid; 0 where there are class tokens only.</param>
/// <param name="ClassTokens">Tokens in front that stand for no place.</param>
public sealed record TokenGrid(int Height, int Width, int ClassTokens = 0)
{
    /// <summary>The number of tokens.</summary>
    public int Count => ClassTokens + (Height * Width);
}

/// <summary>
/// Groups of cells of a grid that attend within themselves. Along each side, cell a·(extent·interval) + u·interval + p belongs to
/// super-cell a and phase p and is the u-th of its group; the grid counts as padded, at its right and lower border, to whole super-cells.
/// An interval of 1 gives neighbours (local attention), a larger one every interval-th cell (long distance attention; arXiv 2108.00154,
/// section 3.2).
/// </summary>
/// <param name="Height">Rows of a group.</param>
/// <param name="Width">Columns of a group.</param>
/// <param name="Interval">Cells between neighbours of a group.</param>
public sealed record TokenGroups(int Height, int Width, int Interval = 1)
{
    /// <summary>Super-cells down and across a grid.</summary>
    public (int Down, int Across) SuperCells(TokenGrid grid) =>
        (RoundUp(grid.Height, Height * Interval), RoundUp(grid.Width, Width * Interval));

    /// <summary>Rows and columns of a grid once it is padded to whole super-cells.</summary>
    public (int Height, int Width) PaddedSize(TokenGrid grid)
    {
        (int down, int across) = SuperCells(grid);
        return (down * Height * Interval, across * Width * Interval);
    }

    /// <summary>Groups of a grid: super-cells row by row, phases row by row within each.</summary>
    public int Count(TokenGrid grid)
    {
        (int down, int across) = SuperCells(grid);
        return down * across * Interval * Interval;
    }

    /// <summary>The cell that a token of a group stands for; it may lie beyond the grid, in the padding.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="group">The group's number.</param>
    /// <param name="token">The token's number within its group, row by row.</param>
    public (int Row, int Column) Cell(TokenGrid grid, int group, int token)
    {
        (int superCell, int phase) = Math.DivRem(group, Interval * Interval);
        (int down, int right) = Math.DivRem(superCell, SuperCells(grid).Across);
        (int row, int column) = Math.DivRem(token, Width);
        return (Place(down, Height, row, phase / Interval), Place(right, Width, column, phase % Interval));

        int Place(int superCell, int extent, int member, int offset) => (((superCell * extent) + member) * Interval) + offset;
    }

    /// <summary>The group that a cell belongs to, and its token there: the inverse of <see cref="Cell"/>.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="row">The cell's row.</param>
    /// <param name="column">The cell's column.</param>
    public (int Group, int Token) Find(TokenGrid grid, int row, int column)
    {
        (int down, int insideRow) = Math.DivRem(row, Height * Interval);
        (int right, int insideColumn) = Math.DivRem(column, Width * Interval);
        int phase = (insideRow % Interval * Interval) + (insideColumn % Interval);
        int superCell = (down * SuperCells(grid).Across) + right;
        return ((superCell * Interval * Interval) + phase, (insideRow / Interval * Width) + (insideColumn / Interval));
    }

    private static int RoundUp(int extent, int step) => (extent + step - 1) / step;
}

/// <summary>
/// Grids of the queries and keys of an attention. Without groups the batch axis counts images; with groups it counts the groups of each
/// image in turn, and both grids are the whole image's.
/// </summary>
/// <param name="Queries">Tokens that attend.</param>
/// <param name="Keys">Tokens that are attended to.</param>
/// <param name="Groups">Groups that the grid is split into; null where every query sees every key.</param>
public sealed record AttentionTokens(TokenGrid Queries, TokenGrid Keys, TokenGroups? Groups = null)
{
    /// <summary>A grid whose tokens all attend to each other.</summary>
    public static AttentionTokens Within(TokenGrid grid) => new(grid, grid);
}
