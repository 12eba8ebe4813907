namespace Fovea.Data;

/// <summary>
/// Geometric changes of run-length masks. Flips, crops and changes of size work on the runs, column by column; only turns and warps go over
/// pixels.
/// </summary>
internal static class MaskTransforms
{
    /// <summary>The mask mirrored left to right.</summary>
    /// <param name="mask">The mask.</param>
    public static RunLengthMask FlipHorizontal(RunLengthMask mask)
    {
        ColumnRuns columns = new(mask);
        RunBuilder builder = new();
        for (int x = mask.Width - 1; x >= 0; x--)
        {
            foreach ((int top, int bottom) in columns[x])
            {
                builder.Add(((mask.Width - 1 - x) * mask.Height) + top, bottom - top);
            }
        }

        return builder.ToMask(mask.Height, mask.Width);
    }

    /// <summary>A window of the mask; what lies beyond the mask is outside the object.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="left">The window's first column, possibly negative.</param>
    /// <param name="top">The window's first row, possibly negative.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    public static RunLengthMask Crop(RunLengthMask mask, int left, int top, int width, int height)
    {
        ColumnRuns columns = new(mask);
        RunBuilder builder = new();
        int end = Math.Min(width, mask.Width - left);
        for (int x = Math.Max(0, -left); x < end; x++)
        {
            foreach ((int first, int last) in columns[x + left])
            {
                int from = Math.Clamp(first - top, 0, height);
                builder.Add((x * height) + from, Math.Clamp(last - top, 0, height) - from);
            }
        }

        return builder.ToMask(height, width);
    }

    /// <summary>The mask at another size; each pixel is the nearest one's, as <see cref="PixelBuffer.ResizeNearest"/> has it.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="width">The new width.</param>
    /// <param name="height">The new height.</param>
    public static RunLengthMask Resize(RunLengthMask mask, int width, int height)
    {
        ColumnRuns columns = new(mask);
        RunBuilder builder = new();
        int[] firstRows = FirstRows(mask.Height, height);
        double right = (double)mask.Width / width;
        double source = right * 0.5;
        for (int x = 0; x < width; x++, source += right)
        {
            foreach ((int top, int bottom) in columns[Math.Min((int)source, mask.Width - 1)])
            {
                builder.Add((x * height) + firstRows[top], firstRows[bottom] - firstRows[top]);
            }
        }

        return builder.ToMask(height, width);
    }

    /// <summary>The mask set upright.</summary>
    /// <param name="mask">The mask of the stored image.</param>
    /// <param name="orientation">How the image is stored.</param>
    public static RunLengthMask Turn(RunLengthMask mask, ImageOrientation orientation) =>
        ByPixels(mask, pixels => pixels.Turn(orientation));

    /// <summary>The mask seen through a map, at the same size; each pixel takes the nearest one.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="map">Map from the points of the new mask to those of the mask before.</param>
    public static RunLengthMask Warp(RunLengthMask mask, AffineMap map) =>
        ByPixels(mask, pixels => pixels.Warp(map, Interpolation.Nearest, default));

    private static RunLengthMask ByPixels(RunLengthMask mask, Func<PixelBuffer, PixelBuffer> change)
    {
        using PixelBuffer pixels = PixelBuffer.Rent(mask.Width, mask.Height, 1);
        mask.CopyTo(pixels.Writable(out _));
        using PixelBuffer changed = change(pixels);
        return RunLengthMask.FromPixels(changed.Pixels, changed.Height, changed.Width);
    }

    /// <summary>For each row before, the first row after whose nearest row is that one or lies below it.</summary>
    private static int[] FirstRows(int before, int after)
    {
        int[] first = new int[before + 1];
        double down = (double)before / after;
        double source = down * 0.5;
        int next = 0;
        for (int y = 0; y < after; y++, source += down)
        {
            int row = Math.Min((int)source, before - 1);
            while (next <= row)
            {
                first[next++] = y;
            }
        }

        first.AsSpan(next).Fill(after);
        return first;
    }
}
