namespace Fovea.Data;

/// <summary>Width and height of an image.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct ImageSize(int Width, int Height)
{
    /// <summary>Length of a side at so many eighths of its own, as JPEG decoders round it: up.</summary>
    internal static int Scale(int side, int eighths) => (int)((((long)side * eighths) + 7) / 8);
}
