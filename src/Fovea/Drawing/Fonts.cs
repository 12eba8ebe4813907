using SkiaSharp;

namespace Fovea.Drawing;

/// <summary>The font of labels: DejaVu Sans, which lies in the assembly, as the system may have none.</summary>
internal static class Fonts
{
    private static readonly Lazy<SKTypeface> _sans = new(() =>
    {
        using Stream stream = typeof(Fonts).Assembly.GetManifestResourceStream("DejaVuSans-Latin.ttf")!;
        using SKData data = SKData.Create(stream);
        return SKTypeface.FromData(data);
    });

    /// <summary>Makes the font at a size.</summary>
    /// <param name="size">Height in pixels.</param>
    public static SKFont Of(float size) => new(_sans.Value, size) { Subpixel = true, Edging = SKFontEdging.Antialias };
}
