namespace Fovea.Explanations;

/// <summary>
/// Occlusion (arXiv 1311.2901, section 4.2): for each cell of a grid the score that is lost when a window around it is blank. Cells cover
/// the image; windows are cut at its border.
/// </summary>
/// <param name="Height">Rows of the image.</param>
/// <param name="Width">Columns of the image.</param>
/// <param name="Rows">Rows of the grid.</param>
/// <param name="Columns">Columns of the grid.</param>
/// <param name="Window">Rows and columns of a window.</param>
internal sealed record Occlusion(int Height, int Width, int Rows, int Columns, (int Height, int Width) Window)
{
    // A run of the network has this many images of the usual size, or so many larger ones as have as many pixels.
    private const int MostImages = 8;
    private const int MostPixels = MostImages * 224 * 224;

    // Parts of the shorter side that windows are apart where nothing is said.
    private const int UsualCells = 14;

    /// <summary>Makes a grid of square cells, as wide as windows are apart.</summary>
    /// <param name="input">The image.</param>
    /// <param name="window">Side of a window; two cells where null.</param>
    /// <param name="stride">Side of a cell; a fourteenth of the shorter side, at least 2, where null.</param>
    public static Occlusion Of(ExplainedInput input, int? window, int? stride)
    {
        int cell = stride ?? Math.Max(2, Math.Min(input.Height, input.Width) / UsualCells);
        int side = window ?? (2 * cell);
        return new Occlusion(
            input.Height, input.Width, (input.Height + cell - 1) / cell, (input.Width + cell - 1) / cell, (side, side));
    }

    /// <summary>Makes the grid of a layer; a window is a cell wide.</summary>
    /// <param name="input">The image.</param>
    /// <param name="layer">The layer.</param>
    public static Occlusion Of(ExplainedInput input, ExplainableLayer layer) => new(
        input.Height,
        input.Width,
        layer.Height,
        layer.Width,
        ((input.Height + layer.Height - 1) / layer.Height, (input.Width + layer.Width - 1) / layer.Width));

    /// <summary>Computes the maps of several scores.</summary>
    /// <param name="image">Prepared values (H, W, C); zeros are blank.</param>
    /// <param name="scores">Gives the scores (N, classes) of prepared images (N, H, W, C).</param>
    /// <param name="chosen">Indices of the scores.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    /// <returns>A map for each score.</returns>
    public float[][] Compute(
        float[] image, Func<ReadOnlyMemory<float>, float[]> scores, IReadOnlyList<int> chosen, CancellationToken cancellation)
    {
        float[] whole = scores(image);
        float[][] maps = [.. chosen.Select(_ => new float[Rows * Columns])];
        int most = Math.Clamp(MostPixels / (Height * Width), 1, MostImages);
        float[] batch = new float[most * image.Length];
        for (int first = 0; first < Rows * Columns; first += most)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(most, (Rows * Columns) - first);
            for (int i = 0; i < count; i++)
            {
                Span<float> one = batch.AsSpan(i * image.Length, image.Length);
                image.CopyTo(one);
                Blank(one, (first + i) / Columns, (first + i) % Columns);
            }

            float[] left = scores(batch.AsMemory(0, count * image.Length));
            for (int i = 0; i < count; i++)
            {
                for (int map = 0; map < maps.Length; map++)
                {
                    maps[map][first + i] = whole[chosen[map]] - left[(i * whole.Length) + chosen[map]];
                }
            }
        }

        return maps;
    }

    /// <summary>Blanks the window around the middle of a cell.</summary>
    private void Blank(Span<float> image, int row, int column)
    {
        int channels = image.Length / (Height * Width);
        (int top, int bottom) = Edges(row, Rows, Height, Window.Height);
        (int left, int right) = Edges(column, Columns, Width, Window.Width);
        for (int y = top; y < bottom; y++)
        {
            image.Slice(((y * Width) + left) * channels, (right - left) * channels).Clear();
        }
    }

    private static (int First, int Last) Edges(int cell, int cells, int extent, int window)
    {
        int middle = ((2 * cell) + 1) * extent / cells;
        int first = (middle - window) / 2;
        return (Math.Max(first, 0), Math.Min(first + window, extent));
    }
}
