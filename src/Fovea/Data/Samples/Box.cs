namespace Fovea.Data;

/// <summary>A labelled rectangle in an image, in pixels from the image's upper left corner.</summary>
/// <param name="Left">Left edge; 0 is the left edge of the first column.</param>
/// <param name="Top">Upper edge; 0 is the upper edge of the first row.</param>
/// <param name="Right">Right edge; the image's width is the right edge of the last column.</param>
/// <param name="Bottom">Lower edge; the image's height is the lower edge of the last row.</param>
/// <param name="Label">Index of the class.</param>
public readonly record struct Box(float Left, float Top, float Right, float Bottom, int Label)
{
    /// <summary>Area in pixels; 0 for a box without extent.</summary>
    public float Area => Math.Max(Right - Left, 0) * Math.Max(Bottom - Top, 0);

    /// <summary>Part of the box inside a window, in pixels from the window's upper left corner.</summary>
    /// <param name="left">The window's left edge.</param>
    /// <param name="top">The window's upper edge.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    /// <returns>The part; its <see cref="Area"/> is 0 where the box lies outside.</returns>
    public Box Within(int left, int top, int width, int height) => new(
        Math.Clamp(Left - left, 0, width),
        Math.Clamp(Top - top, 0, height),
        Math.Clamp(Right - left, 0, width),
        Math.Clamp(Bottom - top, 0, height),
        Label);

    /// <summary>The box in the image stretched by a factor along each axis.</summary>
    /// <param name="horizontal">New width by old width.</param>
    /// <param name="vertical">New height by old height.</param>
    public Box Scaled(float horizontal, float vertical) =>
        new(Left * horizontal, Top * vertical, Right * horizontal, Bottom * vertical, Label);

    /// <summary>The box in the image mirrored left to right.</summary>
    /// <param name="width">The image's width.</param>
    public Box Mirrored(int width) => new(width - Right, Top, width - Left, Bottom, Label);

    /// <summary>The smallest upright box around the corners of this one in a changed image.</summary>
    /// <param name="map">Map from the points of the changed image to those of the image before.</param>
    public Box Warped(in AffineMap map)
    {
        (double x1, double y1) = map.After(Left, Top);
        (double x2, double y2) = map.After(Right, Top);
        (double x3, double y3) = map.After(Left, Bottom);
        (double x4, double y4) = map.After(Right, Bottom);
        return new Box(
            (float)Math.Min(Math.Min(x1, x2), Math.Min(x3, x4)),
            (float)Math.Min(Math.Min(y1, y2), Math.Min(y3, y4)),
            (float)Math.Max(Math.Max(x1, x2), Math.Max(x3, x4)),
            (float)Math.Max(Math.Max(y1, y2), Math.Max(y3, y4)),
            Label);
    }

    /// <summary>The box in the image set upright.</summary>
    /// <param name="width">The stored image's width.</param>
    /// <param name="height">The stored image's height.</param>
    /// <param name="orientation">How the image is stored.</param>
    internal Box Turned(int width, int height, ImageOrientation orientation) => orientation switch
    {
        ImageOrientation.Mirrored => Mirrored(width),
        ImageOrientation.UpsideDown => new(width - Right, height - Bottom, width - Left, height - Top, Label),
        ImageOrientation.MirroredUpsideDown => new(Left, height - Bottom, Right, height - Top, Label),
        ImageOrientation.Transposed => new(Top, Left, Bottom, Right, Label),
        ImageOrientation.TurnedLeft => new(height - Bottom, Left, height - Top, Right, Label),
        ImageOrientation.Transversed => new(height - Bottom, width - Right, height - Top, width - Left, Label),
        ImageOrientation.TurnedRight => new(Top, width - Right, Bottom, width - Left, Label),
        _ => this,
    };
}
