namespace Fovea.Data;

/// <summary>Image of a COCO file.</summary>
/// <param name="Id">Number by which annotations name it.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="FileName">File, relative to the folder of images; null where the file does not say.</param>
public sealed record CocoImage(long Id, int Width, int Height, string? FileName = null);
