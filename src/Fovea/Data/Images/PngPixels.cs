namespace Fovea.Data;

/// <summary>Turns inflated PNG rows into pixels: undoes the row filters, the interlace passes, the palette and the bit depth.</summary>
internal static class PngPixels
{
    /// <summary>Decodes all rows.</summary>
    /// <param name="header">The image's header.</param>
    /// <param name="palette">Red, green, blue of each entry, for colour type 3.</param>
    /// <param name="rows">The inflated rows, each after its filter's byte; they are overwritten.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <exception cref="InvalidImageException">A row has an unknown filter or a pixel is not in the palette.</exception>
    public static Image Decode(PngHeader header, byte[] palette, byte[] rows, string name)
    {
        byte[] pixels = new byte[header.Width * header.Height * header.Channels];
        int position = 0;
        foreach (PngPass pass in header.Passes)
        {
            int width = pass.WidthIn(header.Width);
            int height = width == 0 ? 0 : pass.HeightIn(header.Height);
            int rowBytes = header.RowBytes(width);
            Span<byte> above = default;
            for (int row = 0; row < height; row++)
            {
                Span<byte> line = rows.AsSpan(position + 1, rowBytes);
                Unfilter(rows[position], line, above, header.PixelBytes, name);
                int first = (((pass.Top + (row * pass.StepY)) * header.Width) + pass.Left) * header.Channels;
                Expand(header, palette, line, width, pixels.AsSpan(first), pass.StepX * header.Channels, name);
                above = line;
                position += rowBytes + 1;
            }
        }

        return new Image(header.Width, header.Height, header.Channels, pixels);
    }

    private static void Unfilter(byte filter, Span<byte> line, ReadOnlySpan<byte> above, int pixelBytes, string name)
    {
        switch (filter)
        {
            case 0:
                break;
            case 1:
                for (int i = pixelBytes; i < line.Length; i++)
                {
                    line[i] += line[i - pixelBytes];
                }

                break;
            case 2:
                for (int i = 0; i < above.Length; i++)
                {
                    line[i] += above[i];
                }

                break;
            case 3:
                for (int i = 0; i < line.Length; i++)
                {
                    int left = i < pixelBytes ? 0 : line[i - pixelBytes];
                    line[i] += (byte)((left + (above.IsEmpty ? 0 : above[i])) >> 1);
                }

                break;
            case 4:
                for (int i = 0; i < line.Length; i++)
                {
                    byte left = i < pixelBytes ? (byte)0 : line[i - pixelBytes];
                    byte up = above.IsEmpty ? (byte)0 : above[i];
                    byte upperLeft = i < pixelBytes || above.IsEmpty ? (byte)0 : above[i - pixelBytes];
                    line[i] += PngFormat.Paeth(left, up, upperLeft);
                }

                break;
            default:
                throw new InvalidImageException(name, $"a row has the filter {filter}, which PNG does not have; the file is damaged.");
        }
    }

    private static void Expand(
        PngHeader header, byte[] palette, ReadOnlySpan<byte> line, int width, Span<byte> destination, int step, string name)
    {
        if (header.ColourType == 3)
        {
            ExpandPalette(header.Depth, palette, line, width, destination, step, name);
        }
        else if (header.Depth < 8)
        {
            int most = (1 << header.Depth) - 1;
            for (int x = 0; x < width; x++)
            {
                destination[x * step] = (byte)(Sample(line, x, header.Depth) * 255 / most);
            }
        }
        else
        {
            int sampleBytes = header.Depth / 8;
            int pixelBytes = header.PixelBytes;
            for (int x = 0; x < width; x++)
            {
                for (int channel = 0; channel < header.Channels; channel++)
                {
                    destination[(x * step) + channel] = line[(x * pixelBytes) + (channel * sampleBytes)];
                }
            }
        }
    }

    private static void ExpandPalette(
        int depth, byte[] palette, ReadOnlySpan<byte> line, int width, Span<byte> destination, int step, string name)
    {
        for (int x = 0; x < width; x++)
        {
            int entry = Sample(line, x, depth) * 3;
            if (entry >= palette.Length)
            {
                throw new InvalidImageException(
                    name, $"a pixel has the colour {entry / 3}, but the palette has only {palette.Length / 3}; the file is damaged.");
            }

            palette.AsSpan(entry, 3).CopyTo(destination[(x * step)..]);
        }
    }

    /// <summary>Sample <paramref name="x"/> of a row of 1, 2, 4 or 8 bits a sample; the leftmost lies in the highest bits.</summary>
    private static int Sample(ReadOnlySpan<byte> line, int x, int depth)
    {
        int bit = x * depth;
        return (line[bit >> 3] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
}
