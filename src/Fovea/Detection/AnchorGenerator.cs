namespace Fovea.Detection;

/// <summary>Anchors of one level of the pyramid.</summary>
/// <param name="Scales">Sides of the square anchors, in units of <see cref="BaseSize"/>.</param>
/// <param name="Ratios">Heights over widths.</param>
internal sealed record AnchorLevel(IReadOnlyList<float> Scales, IReadOnlyList<float> Ratios)
{
    /// <summary>Unit of the scales in pixels: 1 in torchvision; in mmdetection the stride, unless configured otherwise.</summary>
    public float BaseSize { get; init; } = 1;

    /// <summary>Pixels from cell to cell; none: the image's size divided by that of the grid, without remainder.</summary>
    public int? Stride { get; init; }

    /// <summary>Anchors in each cell of the grid.</summary>
    public int PerCell => Scales.Count * Ratios.Count;

    /// <summary>Scales that divide each octave evenly, as RetinaNet has them: start · 2^(i / steps).</summary>
    public static float[] OctaveScales(double start, int steps) =>
        [.. Enumerable.Range(0, steps).Select(step => (float)(start * Math.Pow(2, (double)step / steps)))];
}

/// <summary>
/// Writes the anchors of a pyramid's levels. Those of a cell are ordered by ratio, then by scale, and centred on its upper left corner
/// (Ren et al. 2015; torchvision's and mmdetection's AnchorGenerator).
/// </summary>
internal sealed class AnchorGenerator
{
    private readonly float[][] _cells;

    /// <summary>Prepares the anchors around the origin.</summary>
    /// <param name="levels">The levels, finest first.</param>
    /// <param name="rounded">Whether corners around the origin are rounded to integers, halves to even ones, as in torchvision.</param>
    public AnchorGenerator(IReadOnlyList<AnchorLevel> levels, bool rounded)
    {
        Levels = levels;
        _cells = [.. levels.Select(level => Cell(level, rounded))];
    }

    /// <summary>The levels, finest first.</summary>
    public IReadOnlyList<AnchorLevel> Levels { get; }

    /// <summary>Anchors of a cell at the origin.</summary>
    public ReadOnlySpan<float> Cell(int level) => _cells[level];

    /// <summary>Writes the anchors of a level: row by row, column by column.</summary>
    /// <param name="level">The level.</param>
    /// <param name="rows">Rows of the level's map.</param>
    /// <param name="columns">Columns of the level's map.</param>
    /// <param name="height">Height of the padded image in pixels.</param>
    /// <param name="width">Width of the padded image in pixels.</param>
    /// <param name="anchors">Four numbers for each anchor of each cell.</param>
    public void Write(int level, int rows, int columns, int height, int width, Span<float> anchors)
    {
        float[] cell = _cells[level];
        int stepDown = Levels[level].Stride ?? height / rows;
        int stepRight = Levels[level].Stride ?? width / columns;
        int next = 0;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                for (int i = 0; i < cell.Length; i += 2)
                {
                    anchors[next++] = cell[i] + (column * stepRight);
                    anchors[next++] = cell[i + 1] + (row * stepDown);
                }
            }
        }
    }

    /// <summary>
    /// Writes which anchors of a level belong to cells that begin inside the padded image; the others take no part in training. Levels
    /// without a stride of their own fit the image, so that all are valid.
    /// </summary>
    public void WriteValid(int level, int rows, int columns, int height, int width, Span<bool> valid)
    {
        int stride = Levels[level].Stride ?? 0;
        int perCell = Levels[level].PerCell;
        for (int cell = 0; cell < rows * columns; cell++)
        {
            (int row, int column) = Math.DivRem(cell, columns);
            valid.Slice(cell * perCell, perCell).Fill(stride * row < height && stride * column < width);
        }
    }

    private static float[] Cell(AnchorLevel level, bool rounded)
    {
        float[] anchors = new float[Boxes.Numbers * level.PerCell];
        int next = 0;
        foreach (float ratio in level.Ratios)
        {
            float tall = MathF.Sqrt(ratio);
            float wide = 1 / tall;
            foreach (float scale in level.Scales)
            {
                float right = Half(level.BaseSize * wide * scale);
                float bottom = Half(level.BaseSize * tall * scale);
                anchors[next++] = -right;
                anchors[next++] = -bottom;
                anchors[next++] = right;
                anchors[next++] = bottom;
            }
        }

        return anchors;

        float Half(float side) => rounded ? MathF.Round(side / 2, MidpointRounding.ToEven) : side / 2;
    }
}
