using Fovea.Data;
using SkiaSharp;

namespace Fovea.Drawing;

/// <summary>Surface to draw on: images, text, boxes with labels, masks. Not safe for several threads at once.</summary>
public sealed class Canvas : IDisposable
{
    private const float LabelSize = 13;
    private const float LabelPadding = 3;
    private const float LineWidth = 2;

    private readonly SKSurface _surface;

    /// <summary>Makes a surface of one colour.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="background">Its colour.</param>
    public Canvas(int width, int height, Color background)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)width * height, Image.MaxPixels, nameof(width));
        (Width, Height) = (width, height);
        _surface = SKSurface.Create(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul))
            ?? throw new InvalidOperationException($"There is no memory for a canvas of {width}×{height} pixels.");
        Skia.Clear(background.ToSkia());
    }

    /// <summary>Makes a surface that shows an image.</summary>
    /// <param name="image">The image, which stays as it is.</param>
    public Canvas(Image image)
        : this((image ?? throw new ArgumentNullException(nameof(image))).Width, image.Height, Color.Black) => Draw(image, 0, 0);

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    private SKCanvas Skia => _surface.Canvas;

    /// <summary>Measures a text as <see cref="DrawText"/> draws it.</summary>
    /// <param name="text">One line.</param>
    /// <param name="size">Height of the font in pixels.</param>
    /// <returns>Width in pixels.</returns>
    public static float MeasureText(string text, float size = LabelSize)
    {
        using SKFont font = Fonts.Of(size);
        return font.MeasureText(text);
    }

    /// <summary>Draws an image at its own size.</summary>
    /// <param name="image">The image.</param>
    /// <param name="left">Its first column on the surface.</param>
    /// <param name="top">Its first row on the surface.</param>
    public void Draw(Image image, int left, int top)
    {
        ArgumentNullException.ThrowIfNull(image);
        Draw(image, left, top, image.Width, image.Height);
    }

    /// <summary>Draws an image at another size.</summary>
    /// <param name="image">The image.</param>
    /// <param name="left">Its first column on the surface.</param>
    /// <param name="top">Its first row on the surface.</param>
    /// <param name="width">Columns that it takes.</param>
    /// <param name="height">Rows that it takes.</param>
    public void Draw(Image image, int left, int top, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        using SKImage picture = SkiaPixels.ToSkia(image);
        SKSamplingOptions sampling = width == image.Width && height == image.Height
            ? new SKSamplingOptions(SKFilterMode.Nearest)
            : new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear);
        Skia.DrawImage(picture, SKRect.Create(left, top, width, height), sampling);
    }

    /// <summary>Fills a rectangle.</summary>
    /// <param name="left">Left edge.</param>
    /// <param name="top">Upper edge.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="opacity">0 (invisible) to 1.</param>
    public void FillRectangle(float left, float top, float width, float height, Color color, float opacity = 1)
    {
        using SKPaint paint = new() { Color = color.ToSkia(opacity) };
        Skia.DrawRect(SKRect.Create(left, top, width, height), paint);
    }

    /// <summary>Draws one line of text; the font has Latin and Greek letters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="left">Left edge of the first letter.</param>
    /// <param name="top">Upper edge of the line.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="size">Height of the font in pixels.</param>
    public void DrawText(string text, float left, float top, Color color, float size = LabelSize)
    {
        ArgumentNullException.ThrowIfNull(text);
        using SKFont font = Fonts.Of(size);
        using SKPaint paint = new() { Color = color.ToSkia(), IsAntialias = true };
        Skia.DrawText(text, left, top - font.Metrics.Ascent, SKTextAlign.Left, font, paint);
    }

    /// <summary>Draws a box's frame with a label at its upper left corner, inside the surface where there is room.</summary>
    /// <param name="box">The box, in pixels of the surface.</param>
    /// <param name="label">Name of its class, perhaps with a probability; empty for a frame alone.</param>
    /// <param name="color">Colour of the frame; null for that of the box's class.</param>
    public void DrawBox(Box box, string label, Color? color = null)
    {
        ArgumentNullException.ThrowIfNull(label);
        Color frame = color ?? Color.Of(Math.Max(box.Label, 0));
        using SKPaint paint = new() { Color = frame.ToSkia(), IsStroke = true, StrokeWidth = LineWidth };
        Skia.DrawRect(new SKRect(box.Left, box.Top, box.Right, box.Bottom), paint);
        if (label.Length == 0)
        {
            return;
        }

        float width = MeasureText(label) + (2 * LabelPadding);
        float height = LabelSize + (2 * LabelPadding);
        float left = Math.Clamp(box.Left - (LineWidth / 2), 0, Math.Max(0, Width - width));
        float top = Math.Clamp(box.Top - height, 0, Math.Max(0, Height - height));
        FillRectangle(left, top, width, height, frame);
        DrawText(label, left + LabelPadding, top + (LabelPadding / 2), frame.Contrast);
    }

    /// <summary>Tints the pixels of one class of a mask, and draws their outline.</summary>
    /// <param name="mask">Class index of each pixel, in one channel, of the surface's size.</param>
    /// <param name="label">Index of the class.</param>
    /// <param name="color">Colour of the tint; null for that of the class.</param>
    /// <param name="opacity">Strength of the tint, 0 to 1; the outline is not transparent.</param>
    /// <exception cref="ArgumentException">The mask has another size than the surface, or three channels.</exception>
    public void DrawMask(Image mask, byte label, Color? color = null, float opacity = 0.4f)
    {
        ArgumentNullException.ThrowIfNull(mask);
        if (mask.Channels != 1 || mask.Width != Width || mask.Height != Height)
        {
            throw new ArgumentException(
                $"The mask has {mask.Width}×{mask.Height} pixels of {mask.Channels} channels; the canvas asks for {Width}×{Height} of 1.",
                nameof(mask));
        }

        Color tint = color ?? Color.Of(label);
        SKColor[] colors = new SKColor[Width * Height];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                if (Has(x, y))
                {
                    bool edge = !Has(x - 1, y) || !Has(x + 1, y) || !Has(x, y - 1) || !Has(x, y + 1);
                    colors[(y * Width) + x] = tint.ToSkia(edge ? 1 : opacity);
                }
            }
        }

        using SKBitmap bitmap = new(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Unpremul)) { Pixels = colors };
        using SKImage picture = SKImage.FromBitmap(bitmap);
        Skia.DrawImage(picture, 0, 0, new SKSamplingOptions(SKFilterMode.Nearest));

        bool Has(int x, int y) => x >= 0 && y >= 0 && x < Width && y < Height && mask.Pixels[(y * Width) + x] == label;
    }

    /// <summary>Gives what was drawn, as an image of three channels.</summary>
    public Image ToImage()
    {
        using SKPixmap pixels = _surface.PeekPixels();
        return SkiaPixels.ToImage(pixels);
    }

    /// <summary>Gives what was drawn, as a PNG file.</summary>
    public byte[] ToPng() => PngEncoder.Encode(ToImage());

    /// <summary>Frees the surface.</summary>
    public void Dispose() => _surface.Dispose();
}
