using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Drawing;

namespace Fovea.Cli;

/// <summary>Drawings of the objects that were found in an image: boxes, classes, scores, masks.</summary>
internal static class DetectedImages
{
    /// <summary>Draws objects into their image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="found">Its objects, surest first.</param>
    public static Image Draw(Image image, IReadOnlyList<Tasks.Detection> found)
    {
        using Canvas canvas = new(image);
        byte[] pixels = new byte[image.Width * image.Height];
        foreach (Tasks.Detection one in found.Where(one => one.Mask is not null))
        {
            one.Mask!.CopyTo(pixels);
            canvas.DrawMask(new Image(image.Width, image.Height, 1, pixels), 1, Color.Of(one.Box.Label));
        }

        // The surest last, so that nothing hides its label.
        foreach (Tasks.Detection one in found.Reverse())
        {
            canvas.DrawBox(one.Box, $"{one.Class} {Numbers.Percent(one.Score, 0)}");
        }

        return canvas.ToImage();
    }
}
