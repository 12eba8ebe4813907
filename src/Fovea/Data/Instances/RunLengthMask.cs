using System.Text.Json.Serialization;

namespace Fovea.Data;

/// <summary>
/// Mask of an object as COCO stores it: lengths of runs down the columns, from the left column to the right, alternately of pixels outside
/// and inside the object (cocodataset/cocoapi, <c>maskApi</c>). Never changes once made.
/// </summary>
[JsonConverter(typeof(CompressedMask))]
public sealed partial class RunLengthMask
{
    private readonly int[] _counts;

    private RunLengthMask(int height, int width, int[] counts)
    {
        (Height, Width, _counts) = (height, width, counts);
        for (int run = 1; run < counts.Length; run += 2)
        {
            Area += counts[run];
        }

        Bounds = FindBounds();
    }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>
    /// Lengths of the runs, which add up to height times width. The first is of pixels outside the object, and 0 where the mask's first
    /// pixel is inside.
    /// </summary>
    public ReadOnlySpan<int> Counts => _counts;

    /// <summary>Number of pixels inside the object.</summary>
    public int Area { get; }

    /// <summary>
    /// Smallest box around the pixels inside, as COCO's code computes it: a run that goes over from one column into the next makes the box
    /// as high as the mask. All zeros for an empty mask.
    /// </summary>
    public CocoBox Bounds { get; }

    /// <summary>Makes a mask from its runs.</summary>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="counts">Lengths of the runs, the first outside the object.</param>
    /// <exception cref="ArgumentException">A length is negative, or they do not add up to height times width.</exception>
    public static RunLengthMask FromCounts(int height, int width, ReadOnlySpan<int> counts)
    {
        int pixels = PixelCount(height, width);
        long sum = 0;
        for (int run = 0; run < counts.Length; run++)
        {
            if (counts[run] < 0)
            {
                throw new ArgumentException($"Run {run} of the mask has the negative length {counts[run]}.", nameof(counts));
            }

            sum += counts[run];
        }

        return sum == pixels
            ? new RunLengthMask(height, width, counts.ToArray())
            : throw new ArgumentException(
                $"The runs of the mask add up to {sum} pixels; its size of {height}x{width} (height x width) has {pixels}.",
                nameof(counts));
    }

    /// <summary>Reads the compressed form, as COCO's results have it.</summary>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="compressed">The text, as <see cref="ToCompressed"/> writes it.</param>
    /// <exception cref="FormatException">
    /// The text has a character outside the code, ends within a number, or its runs do not add up to height times width.
    /// </exception>
    public static RunLengthMask Parse(int height, int width, string compressed)
    {
        ArgumentNullException.ThrowIfNull(compressed);
        _ = PixelCount(height, width);
        int[] counts = RunLengthText.Read(compressed);
        try
        {
            return FromCounts(height, width, counts);
        }
        catch (ArgumentException error)
        {
            throw new FormatException(ExceptionText.Of(error) + ".", error);
        }
    }

    /// <summary>Makes a mask from pixels.</summary>
    /// <param name="rowMajor">One byte a pixel, row by row; other than 0 is inside.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <exception cref="ArgumentException">There are not height times width bytes.</exception>
    public static RunLengthMask FromPixels(ReadOnlySpan<byte> rowMajor, int height, int width)
    {
        RequireLength(rowMajor.Length, PixelCount(height, width), nameof(rowMajor));
        List<int> counts = [];
        bool inside = false;
        int length = 0;
        for (int x = 0; x < width; x++)
        {
            for (int pixel = x; pixel < rowMajor.Length; pixel += width)
            {
                if (rowMajor[pixel] != 0 != inside)
                {
                    counts.Add(length);
                    (length, inside) = (0, !inside);
                }

                length++;
            }
        }

        counts.Add(length);
        return new RunLengthMask(height, width, [.. counts]);
    }

    /// <summary>Draws the union of polygons.</summary>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="polygons">
    /// Corners of each polygon in turn, as x, y, x, y, … in pixels; parts outside the mask are cut off. No polygon makes an empty mask.
    /// </param>
    /// <exception cref="ArgumentException">A polygon has an odd number of coordinates, or one that is not finite or immense.</exception>
    public static RunLengthMask FromPolygons(int height, int width, IEnumerable<IReadOnlyList<double>> polygons)
    {
        ArgumentNullException.ThrowIfNull(polygons);
        int pixels = PixelCount(height, width);
        RunLengthMask? union = null;
        foreach (IReadOnlyList<double> polygon in polygons)
        {
            RunLengthMask part = new(height, width, PolygonRuns.Of(polygon, height, width));
            union = union is null ? part : union.Union(part);
        }

        return union ?? new RunLengthMask(height, width, [pixels]);
    }

    /// <summary>Draws a rectangle.</summary>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="box">The rectangle; parts outside the mask are cut off.</param>
    /// <exception cref="ArgumentException">A coordinate is not finite or immense.</exception>
    public static RunLengthMask FromRectangle(int height, int width, CocoBox box)
    {
        (double right, double bottom) = (box.X + box.Width, box.Y + box.Height);
        return FromPolygons(height, width, [[box.X, box.Y, box.X, bottom, right, bottom, right, box.Y]]);
    }

    /// <summary>Writes the compressed form, as COCO's results have it: ASCII characters from '0' to 'o'.</summary>
    public string ToCompressed() => RunLengthText.Write(_counts);

    /// <summary>Writes the mask as pixels.</summary>
    /// <param name="rowMajor">Receives one byte a pixel, row by row: 1 inside, 0 outside.</param>
    /// <exception cref="ArgumentException">There are not height times width bytes.</exception>
    public void CopyTo(Span<byte> rowMajor)
    {
        RequireLength(rowMajor.Length, Height * Width, nameof(rowMajor));
        rowMajor.Clear();
        Paint(rowMajor, 1);
    }

    /// <summary>Gives the pixels inside a number.</summary>
    /// <param name="rowMajor">One byte a pixel, row by row.</param>
    /// <param name="number">The number.</param>
    internal void Paint(Span<byte> rowMajor, byte number)
    {
        RequireLength(rowMajor.Length, Height * Width, nameof(rowMajor));
        int position = 0;
        for (int run = 0; run + 1 < _counts.Length; run += 2)
        {
            position += _counts[run];
            int end = position + _counts[run + 1];
            (int x, int y) = Math.DivRem(position, Height);
            for (; position < end; position++)
            {
                rowMajor[(y * Width) + x] = number;
                if (++y == Height)
                {
                    (x, y) = (x + 1, 0);
                }
            }
        }
    }

    private static int PixelCount(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        long pixels = (long)height * width;
        return pixels <= int.MaxValue
            ? (int)pixels
            : throw new ArgumentOutOfRangeException(nameof(height), $"A mask of {height}x{width} pixels is too large.");
    }

    private static void RequireLength(int length, int pixels, string name)
    {
        if (length != pixels)
        {
            throw new ArgumentException($"A mask of {pixels} pixels takes as many bytes; there are {length}.", name);
        }
    }

    private CocoBox FindBounds()
    {
        if (Area == 0)
        {
            return default;
        }

        (int left, int top, int right, int bottom) = (Width, Height, 0, 0);
        int position = 0;
        for (int run = 0; run + 1 < _counts.Length; run += 2)
        {
            int first = position + _counts[run];
            position = first + _counts[run + 1];
            if (position == first)
            {
                continue;
            }

            (int firstX, int firstY) = Math.DivRem(first, Height);
            (int lastX, int lastY) = Math.DivRem(position - 1, Height);
            if (firstX < lastX)
            {
                (firstY, lastY) = (0, Height - 1);
            }

            (left, top) = (Math.Min(left, firstX), Math.Min(top, firstY));
            (right, bottom) = (Math.Max(right, lastX), Math.Max(bottom, lastY));
        }

        return new CocoBox(left, top, right - left + 1, bottom - top + 1);
    }
}
