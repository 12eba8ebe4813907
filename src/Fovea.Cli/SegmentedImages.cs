using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Drawing;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Cli;

/// <summary>Drawings of the classes of an image's pixels: the map itself, and the map over the image beside a legend.</summary>
/// <param name="info">Description of the model: classes and colours.</param>
internal sealed class SegmentedImages(ModelInfo info)
{
    private const float Strength = 0.55f;
    private const int Gap = 8;
    private readonly IReadOnlyList<Color> _palette = Palette.Of(info.Classes.Count, info.Colors);

    /// <summary>Encodes a map as PNG, whose bytes are the indices of the classes and whose palette has their colours.</summary>
    /// <param name="found">The map.</param>
    public byte[] Encode(Segmentation found) =>
        PalettePng.Encode(found.Classes, [.. _palette.Select(color => new Rgb(color.Red, color.Green, color.Blue))]);

    /// <summary>Draws the map over the image, and the classes that occur beside it, the largest first.</summary>
    /// <param name="image">The image.</param>
    /// <param name="found">The map.</param>
    public Image Draw(Image image, Segmentation found)
    {
        Image overlay = ClassOverlay.Of(image, found.Classes, _palette, Strength);
        Image legend = Legend.Of(
            [.. Occurring(found).Select(share => (_palette[share.Index], $"{share.Class}  {Numbers.Percent(share.Share)}"))]);
        using Canvas canvas = new(overlay.Width + Gap + legend.Width, Math.Max(overlay.Height, legend.Height), Color.White);
        canvas.Draw(overlay, 0, 0);
        canvas.Draw(legend, overlay.Width + Gap, 0);
        return canvas.ToImage();
    }

    /// <summary>Shares of the classes that occur, the largest first.</summary>
    private static IEnumerable<ClassShare> Occurring(Segmentation found) =>
        found.Shares.Where(share => share.Share > 0).OrderByDescending(share => share.Share);
}
