namespace Fovea.Data;

/// <summary>A part of an image, in pixels.</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
internal readonly record struct PixelWindow(int Left, int Top, int Width, int Height)
{
    /// <summary>The row behind the last one.</summary>
    public int Bottom => Top + Height;
}
