namespace Fovea.Models;

/// <summary>
/// Map of logits that is read row by row, from top to bottom, so that maps of the image's size are never held as a whole.
/// </summary>
/// <param name="height">Rows.</param>
/// <param name="width">Columns.</param>
/// <param name="classes">Logits of a pixel.</param>
internal abstract class LogitRows(int height, int width, int classes)
{
    /// <summary>Rows.</summary>
    public int Height { get; } = height;

    /// <summary>Columns.</summary>
    public int Width { get; } = width;

    /// <summary>Logits of a pixel.</summary>
    public int Classes { get; } = classes;

    /// <summary>Gives a row (W, classes), which holds until the next one is asked for.</summary>
    /// <param name="row">The row that was asked for last, or one below it.</param>
    public abstract ReadOnlySpan<float> Row(int row);
}

/// <summary>Rows of a map in memory.</summary>
/// <param name="logits">Logits (H, W, classes).</param>
/// <param name="height">Rows.</param>
/// <param name="width">Columns.</param>
/// <param name="classes">Logits of a pixel.</param>
internal sealed class StoredRows(float[] logits, int height, int width, int classes) : LogitRows(height, width, classes)
{
    /// <inheritdoc/>
    public override ReadOnlySpan<float> Row(int row) => logits.AsSpan(row * Width * Classes, Width * Classes);
}
