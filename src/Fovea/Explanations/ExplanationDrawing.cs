using System.Globalization;
using Fovea.Data;
using Fovea.Drawing;

namespace Fovea.Explanations;

/// <summary>Explanations as pictures: each map over the part of the image that it lies over, with a scale of its numbers below.</summary>
public static class ExplanationDrawing
{
    private const int Side = 256;
    private const int Gap = 8;
    private const float Opacity = 0.6f;

    // Around a detection: so many of its sides, and at least this part of the image, so that there is something to know the place by.
    private const double SidesAround = 3;
    private const double LeastPart = 0.25;

    // Half a side in pixels of the frame around a cell, at least.
    private const double LeastMark = 4;

    /// <summary>
    /// Draws a map over its image; the resized map is the picture's alone. Of a map with numbers on both sides of 0, those below have the
    /// colour of 0. Of a detection, its box and what lies around it are shown.
    /// </summary>
    /// <param name="image">The image that was explained.</param>
    /// <param name="explanation">Its explanation.</param>
    /// <param name="side">Longer side of the picture in pixels, apart from the scale.</param>
    /// <returns>An image of three channels.</returns>
    public static Image Draw(Image image, Explanation explanation, int side = Side)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(explanation);
        ImageRegion window = WindowOf(image, explanation);
        (Image below, int left, int top, int width, int height) = Part(image, explanation.Region, window, side);
        using Canvas canvas = new(width, height + ColorScale.Height, Color.White);
        (float least, float most) = MapSampling.Range(explanation.Values.Span);

        // What speaks against a class is as dark as what says nothing: bright is what speaks for it.
        bool isSigned = least < 0 && most > 0;
        float[] values = isSigned ? [.. explanation.Values.ToArray().Select(value => MathF.Max(value, 0))] : explanation.Values.ToArray();
        using (Canvas picture = new(width, height, Color.Black))
        {
            picture.Draw(Overlay.Of(below, values, explanation.Width, Opacity), -left, -top);
            if (explanation.Detection is ExplainedDetection detection)
            {
                Frame(picture, InView(detection.Box, window, width, height));
            }

            if (explanation.Query is ImagePoint query)
            {
                Mark(picture, explanation, query, window, width, height);
            }

            canvas.Draw(picture.ToImage(), 0, 0);
        }

        canvas.Draw(ColorScale.Of(width, isSigned ? 0 : least, most, orLess: isSigned), 0, height);
        return canvas.ToImage();
    }

    /// <summary>Draws an image and its explanations side by side, each with a caption.</summary>
    /// <param name="image">The image that was explained.</param>
    /// <param name="explanations">Its explanations, one or more.</param>
    /// <param name="caption">Caption of the image itself.</param>
    /// <param name="columns">Pictures in a row.</param>
    public static Image Sheet(Image image, IReadOnlyList<Explanation> explanations, string caption = "image", int columns = 6)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(explanations);
        Image plain = View(image, WindowOf(image, explanations[0]), Side);
        List<(Image, string)> cells =
            [(plain, caption), .. explanations.Select(one => (Draw(image, one), Caption(one)))];
        if (explanations.Count > 1 && explanations.All(one => one.Method == ExplanationMethod.Classes))
        {
            cells.Insert(1, (DrawClasses(image, explanations), "strongest class"));
        }

        return Sheet(cells, columns);
    }

    /// <summary>Draws images, each with its explanation beside it and the class that is explained below.</summary>
    /// <param name="explained">Images with their explanations, one or more.</param>
    /// <param name="pairs">Images in a row.</param>
    /// <param name="side">Longer side of each picture in pixels.</param>
    public static Image Pairs(IReadOnlyList<(Image Image, Explanation Explanation)> explained, int pairs = 4, int side = 144)
    {
        ArgumentNullException.ThrowIfNull(explained);
        return Sheet(
            [
                .. explained.SelectMany(one => (IEnumerable<(Image, string)>)
                [
                    (View(one.Image, one.Explanation.Region, side), one.Explanation.Class ?? ""),
                    (Draw(one.Image, one.Explanation, side), Caption(one.Explanation with { Class = null })),
                ]),
            ],
            2 * pairs);
    }

    /// <summary>
    /// Draws the maps of several classes over one image, each position in the colour of its strongest class (arXiv 2112.13692, figure 5),
    /// with a legend below.
    /// </summary>
    /// <param name="image">The image that was explained.</param>
    /// <param name="explanations">A map for each class, all of one size.</param>
    /// <param name="side">Longer side of the picture in pixels, apart from the legend.</param>
    /// <exception cref="ArgumentException">There is no map, or they are of different sizes.</exception>
    public static Image DrawClasses(Image image, IReadOnlyList<Explanation> explanations, int side = Side)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(explanations);
        if (explanations.DistinctBy(one => (one.Height, one.Width)).Count() != 1)
        {
            throw new ArgumentException("The maps to compare must be there and be of one size.", nameof(explanations));
        }

        Color[] colors = [.. explanations.Select((_, i) => Color.Of(i))];
        Image overlay = Overlay.OfStrongest(
            View(image, explanations[0].Region, side), [.. explanations.Select(one => one.Values)], explanations[0].Width, colors);
        Image legend = Legend.Of([.. explanations.Select((one, i) => (colors[i], one.Class ?? Caption(one)))]);
        using Canvas canvas = new(Math.Max(overlay.Width, legend.Width), overlay.Height + legend.Height, Color.White);
        canvas.Draw(overlay, 0, 0);
        canvas.Draw(legend, 0, overlay.Height);
        return canvas.ToImage();
    }

    /// <summary>Words for a map: method, class, layer, head.</summary>
    /// <param name="explanation">The map.</param>
    public static string Caption(Explanation explanation)
    {
        ArgumentNullException.ThrowIfNull(explanation);
        string head = explanation.Head is int number ? $"head {number.ToString(CultureInfo.InvariantCulture)}" : "";
        string[] words = [explanation.Method.Name(), explanation.Class ?? "", explanation.Layer ?? "", head];
        return string.Join(" · ", words.Where(word => word.Length > 0));
    }

    /// <summary>The part of an image that a map lies over, at a size to look at; borders that were added are black.</summary>
    /// <param name="image">The image.</param>
    /// <param name="region">The part.</param>
    /// <param name="side">Longer side in pixels.</param>
    internal static Image View(Image image, ImageRegion region, int side)
    {
        (double width, double height) = (region.Right - region.Left, region.Bottom - region.Top);
        double scale = side / Math.Max(width, height);
        using Canvas canvas = new(Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)), Color.Black);

        // Edges are rounded, not sizes: an edge of the image that is one of the region falls on the picture's.
        (int left, int top) = (At(-region.Left), At(-region.Top));
        (int right, int bottom) = (At(image.Width - region.Left), At(image.Height - region.Top));
        canvas.Draw(image, left, top, Math.Max(1, right - left), Math.Max(1, bottom - top));
        return canvas.ToImage();

        int At(double place) => (int)Math.Round(place * scale);
    }

    /// <summary>A picture of a region of an image with a box in it.</summary>
    /// <param name="view">The picture.</param>
    /// <param name="region">The region.</param>
    /// <param name="box">The box in pixels of the image.</param>
    internal static Image Framed(Image view, ImageRegion region, Box box)
    {
        using Canvas canvas = new(view.Width, view.Height, Color.Black);
        canvas.Draw(view, 0, 0);
        Frame(canvas, InView(box, region, view.Width, view.Height));
        return canvas.ToImage();
    }

    private static Image Sheet(List<(Image Image, string Caption)> cells, int columns)
    {
        (int width, int height) = (cells.Max(cell => cell.Image.Width), cells.Max(cell => cell.Image.Height));
        ContactSheet sheet = new() { Columns = Math.Min(columns, cells.Count), CellSide = width, CellHeight = height, Gap = Gap };
        return sheet.Draw([.. cells.Select(cell => (AtTop(cell.Image), cell.Caption))]);

        // With room below, so that images stand at one height whatever stands under them.
        Image AtTop(Image image)
        {
            using Canvas canvas = new(image.Width, height, Color.White);
            canvas.Draw(image, 0, 0);
            return canvas.ToImage();
        }
    }

    /// <summary>
    /// Part of an image that a picture shows: that of the map, without what was added right and below to fill up a multiple; around a
    /// detection, no more than lets one see it.
    /// </summary>
    private static ImageRegion WindowOf(Image image, Explanation explanation)
    {
        ImageRegion region = explanation.Region;
        if (region is { Left: 0, Top: 0 })
        {
            region = region with { Right = Math.Min(region.Right, image.Width), Bottom = Math.Min(region.Bottom, image.Height) };
        }

        if (explanation.Detection is not ExplainedDetection { Box: Box box })
        {
            return region;
        }

        double least = LeastPart * Math.Max(region.Right, region.Bottom);
        (double left, double right) = Around(box.Left, box.Right, least, region.Right);
        (double top, double bottom) = Around(box.Top, box.Bottom, least, region.Bottom);
        return new ImageRegion(left, top, right, bottom);

        static (double First, double Last) Around(double first, double last, double least, double extent)
        {
            double side = Math.Min(Math.Max(SidesAround * (last - first), least), extent);
            double start = Math.Clamp((first + last - side) / 2, 0, extent - side);
            return (start, start + side);
        }
    }

    /// <summary>A region of an image so large that a window of it has a given longer side, and where the window lies in it.</summary>
    private static (Image Whole, int Left, int Top, int Width, int Height) Part(
        Image image, ImageRegion region, ImageRegion window, int side)
    {
        double scale = side / Math.Max(window.Right - window.Left, window.Bottom - window.Top);
        double whole = scale * Math.Max(region.Right - region.Left, region.Bottom - region.Top);
        Image picture = View(image, region, (int)Math.Round(whole));
        (int left, int width) = Pixels(window.Left - region.Left, window.Right - region.Left, picture.Width);
        (int top, int height) = Pixels(window.Top - region.Top, window.Bottom - region.Top, picture.Height);
        return (picture, left, top, width, height);

        // Both ends are rounded, and not the length: a window at the edge ends where the picture does.
        (int First, int Length) Pixels(double first, double last, int extent)
        {
            int start = Math.Min((int)Math.Round(first * scale), extent - 1);
            return (start, Math.Max(1, Math.Min((int)Math.Round(last * scale), extent) - start));
        }
    }

    /// <summary>Frames the cell whose attention is shown, as large as a cell of the map.</summary>
    private static void Mark(
        Canvas canvas, Explanation explanation, ImagePoint query, ImageRegion window, int width, int height)
    {
        ImageRegion region = explanation.Region;
        double halfAcross = (region.Right - region.Left) / (2.0 * explanation.Width);
        double halfDown = (region.Bottom - region.Top) / (2.0 * explanation.Height);
        double least = LeastMark * (window.Right - window.Left) / width;
        (halfAcross, halfDown) = (Math.Max(halfAcross, least), Math.Max(halfDown, least));
        Box cell = new(
            (float)(query.X - halfAcross), (float)(query.Y - halfDown), (float)(query.X + halfAcross), (float)(query.Y + halfDown), 0);
        Frame(canvas, InView(cell, window, width, height));
    }

    /// <summary>A box of the image in a picture of a window of it.</summary>
    private static Box InView(Box box, ImageRegion window, int width, int height)
    {
        double across = width / (window.Right - window.Left);
        double down = height / (window.Bottom - window.Top);
        return new Box(
            (float)((box.Left - window.Left) * across),
            (float)((box.Top - window.Top) * down),
            (float)((box.Right - window.Left) * across),
            (float)((box.Bottom - window.Top) * down),
            box.Label);
    }

    /// <summary>Draws a box in white with black around it, which is seen on any map.</summary>
    private static void Frame(Canvas canvas, Box box)
    {
        foreach ((Color color, float grown) in (ReadOnlySpan<(Color, float)>)[(Color.Black, 2), (Color.White, 0)])
        {
            canvas.DrawBox(new Box(box.Left - grown, box.Top - grown, box.Right + grown, box.Bottom + grown, 0), "", color);
        }
    }
}
