using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Drawing;

namespace Fovea.Cli;

/// <summary>Drawings of the objects that were found in an image: boxes, classes, scores, masks.</summary>
internal static class DetectedImages
{
    private const int ShorterSide = 480;
    private const int LargestFactor = 16;

    /// <summary>
    /// Draws objects into their image. Small images are enlarged by a whole factor. A label that is wider than its box would hide other
    /// objects: it is left out, and a legend below tells the classes by their colours.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="found">Its objects, surest first.</param>
    public static Image Draw(Image image, IReadOnlyList<Tasks.Detection> found)
    {
        int factor = Math.Clamp((int)MathF.Round((float)ShorterSide / Math.Min(image.Width, image.Height)), 1, LargestFactor);
        using Canvas canvas = new(image.Width * factor, image.Height * factor, Color.Black);
        canvas.Draw(image, 0, 0, canvas.Width, canvas.Height);
        foreach (Tasks.Detection one in found.Where(one => one.Mask is not null))
        {
            canvas.DrawMask(Enlarged(one.Mask!, image.Width, image.Height, factor), 1, Color.Of(one.Box.Label));
        }

        // The surest last, so that nothing hides its label.
        bool allLabelled = true;
        foreach (Tasks.Detection one in found.Reverse())
        {
            Box box = new(one.Box.Left * factor, one.Box.Top * factor, one.Box.Right * factor, one.Box.Bottom * factor, one.Box.Label);
            string label = $"{one.Class} {Numbers.Percent(one.Score, 0)}";
            bool fits = Canvas.MeasureText(label) <= box.Right - box.Left;
            canvas.DrawBox(box, fits ? label : "");
            allLabelled &= fits;
        }

        return allLabelled ? canvas.ToImage() : WithLegend(canvas.ToImage(), found);
    }

    private static Image Enlarged(RunLengthMask mask, int width, int height, int factor)
    {
        byte[] pixels = new byte[width * height];
        mask.CopyTo(pixels);
        byte[] enlarged = new byte[pixels.Length * factor * factor];
        for (int y = 0; y < height * factor; y++)
        {
            ReadOnlySpan<byte> row = pixels.AsSpan(y / factor * width, width);
            Span<byte> target = enlarged.AsSpan(y * width * factor, width * factor);
            for (int x = 0; x < target.Length; x++)
            {
                target[x] = row[x / factor];
            }
        }

        return new Image(width * factor, height * factor, 1, enlarged);
    }

    private static Image WithLegend(Image drawn, IReadOnlyList<Tasks.Detection> found)
    {
        Image legend = Legend.Of(
            [.. found.DistinctBy(one => one.Box.Label).OrderBy(one => one.Box.Label).Select(one => (Color.Of(one.Box.Label), one.Class))]);
        using Canvas canvas = new(Math.Max(drawn.Width, legend.Width), drawn.Height + legend.Height, Color.White);
        canvas.Draw(drawn, 0, 0);
        canvas.Draw(legend, 0, drawn.Height);
        return canvas.ToImage();
    }
}
