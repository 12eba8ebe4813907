namespace Fovea.Explanations;

/// <summary>A map over an image that explains an answer of a network: a number for each cell of a grid, as it was computed.</summary>
public sealed record Explanation
{
    /// <summary>Method that made the map.</summary>
    public required ExplanationMethod Method { get; init; }

    /// <summary>Name of the layer whose grid the map has; null where the map has a grid over the input itself.</summary>
    public string? Layer { get; init; }

    /// <summary>Head of the attention, counted from 0; null for the mean of all heads, and where there are none.</summary>
    public int? Head { get; init; }

    /// <summary>
    /// Point of the image whose attention this is, or whose class a segmentation network tells; null for a class token, for the mean of all
    /// points, and for a class's region.
    /// </summary>
    public ImagePoint? Query { get; init; }

    /// <summary>Name of the class that is explained; null where the map does not depend on one.</summary>
    public string? Class { get; init; }

    /// <summary>The detection that is explained; null for networks that find no objects.</summary>
    public ExplainedDetection? Detection { get; init; }

    /// <summary>Rows of the map.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the map.</summary>
    public required int Width { get; init; }

    /// <summary>Numbers of the map, row by row: neither normalised nor resized.</summary>
    public required ReadOnlyMemory<float> Values { get; init; }

    /// <summary>
    /// Share of the attention that lies on class tokens, which stand for no place; the map of an attention sums to 1 without this share.
    /// Null where there are no weights that sum to 1.
    /// </summary>
    public float? ClassTokenShare { get; init; }

    /// <summary>Part of the image that the map lies over: what resize and crop let the network see.</summary>
    public required ImageRegion Region { get; init; }
}

/// <summary>Point of an image, in pixels from its upper left corner.</summary>
/// <param name="X">Distance from the left edge; the middle of the first column is 0.5.</param>
/// <param name="Y">Distance from the upper edge.</param>
public readonly record struct ImagePoint(double X, double Y);

/// <summary>Rectangle of an image, in pixels from its upper left corner; it reaches beyond the image where borders were added.</summary>
/// <param name="Left">Left edge.</param>
/// <param name="Top">Upper edge.</param>
/// <param name="Right">Right edge.</param>
/// <param name="Bottom">Lower edge.</param>
public readonly record struct ImageRegion(double Left, double Top, double Right, double Bottom)
{
    /// <summary>Point in the middle of a cell of a grid that lies over the rectangle.</summary>
    /// <param name="row">Row of the cell.</param>
    /// <param name="column">Column of the cell.</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="width">Columns of the grid.</param>
    public ImagePoint PointOf(int row, int column, int height, int width) =>
        new(Left + ((column + 0.5) * (Right - Left) / width), Top + ((row + 0.5) * (Bottom - Top) / height));

    /// <summary>Cell of a grid over the rectangle that a point lies in.</summary>
    /// <param name="point">The point.</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="width">Columns of the grid.</param>
    /// <returns>Row and column; null for a point outside.</returns>
    public (int Row, int Column)? CellOf(ImagePoint point, int height, int width)
    {
        double row = Math.Floor((point.Y - Top) * height / (Bottom - Top));
        double column = Math.Floor((point.X - Left) * width / (Right - Left));
        return row >= 0 && row < height && column >= 0 && column < width ? ((int)row, (int)column) : null;
    }
}
