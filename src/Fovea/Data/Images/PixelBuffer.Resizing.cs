namespace Fovea.Data;

/// <summary>Images at other sizes.</summary>
internal readonly partial struct PixelBuffer
{
    /// <summary>The image at another size, as <see cref="Resampling"/> defines it.</summary>
    /// <param name="width">The new width.</param>
    /// <param name="height">The new height.</param>
    /// <param name="interpolation">The filter.</param>
    public PixelBuffer Resize(int width, int height, Interpolation interpolation)
    {
        if (interpolation == Interpolation.Nearest || (width == Width && height == Height))
        {
            return ResizeNearest(width, height);
        }

        return ResizeWindow(width, height, interpolation, new PixelWindow(0, 0, width, height));
    }

    /// <summary>
    /// The middle of the image at another size: <see cref="Resize"/> and <see cref="CenterCrop"/>, without computing what is cut off.
    /// </summary>
    /// <param name="width">The whole image's new width.</param>
    /// <param name="height">The whole image's new height.</param>
    /// <param name="interpolation">The filter.</param>
    /// <param name="columns">Width of the middle.</param>
    /// <param name="rows">Height of the middle.</param>
    public PixelBuffer ResizeMiddle(int width, int height, Interpolation interpolation, int columns, int rows)
    {
        bool isCut = interpolation != Interpolation.Nearest && (width, height) != (Width, Height) && columns <= width && rows <= height;
        if (isCut)
        {
            return ResizeWindow(width, height, interpolation, new PixelWindow(Middle(width, columns), Middle(height, rows), columns, rows));
        }

        PixelBuffer resized = Resize(width, height, interpolation);
        PixelBuffer middle = resized.CenterCrop(columns, rows);
        return ReferenceEquals(resized._pixels, _pixels) ? middle : resized.ReplaceBy(middle);
    }

    private PixelBuffer ResizeWindow(int width, int height, Interpolation interpolation, in PixelWindow window)
    {
        PixelBuffer result = Rent(window.Width, window.Height, Channels);
        Resampling.Resize(Pixels, Width, Height, Channels, result._pixels, width, height, interpolation, window);
        return result;
    }

    /// <summary>The image at another size, each pixel the nearest one of this image, as Pillow has it.</summary>
    /// <param name="width">The new width.</param>
    /// <param name="height">The new height.</param>
    public PixelBuffer ResizeNearest(int width, int height)
    {
        if (width == Width && height == Height)
        {
            return this;
        }

        // Positions are summed up as Pillow does, whose rounding decides between two pixels that are equally near.
        (double right, double down) = ((double)Width / width, (double)Height / height);
        PixelBuffer result = Rent(width, height, Channels);
        Span<byte> pixels = result._pixels;
        double sourceY = down * 0.5;
        for (int y = 0; y < height; y++, sourceY += down)
        {
            ReadOnlySpan<byte> row = Pixels[(Math.Min((int)sourceY, Height - 1) * Width * Channels)..];
            double sourceX = right * 0.5;
            for (int x = 0; x < width; x++, sourceX += right)
            {
                row.Slice(Math.Min((int)sourceX, Width - 1) * Channels, Channels).CopyTo(pixels[(((y * width) + x) * Channels)..]);
            }
        }

        return result;
    }
}
