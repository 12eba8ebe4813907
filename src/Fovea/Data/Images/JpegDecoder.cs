namespace Fovea.Data;

/// <summary>
/// Decodes JPEG images, baseline and progressive: by libjpeg-turbo's TurboJPEG library where the system has it, as it is faster, otherwise
/// and where that refuses by SkiaSharp, to the same pixels.
/// </summary>
/// <remarks>
/// Grey files give 1 channel, all others 3. Four-ink files are taken as Adobe writes them (inverted) and converted without a colour
/// profile. A file that is cut off is an error, never a half-grey image.
/// </remarks>
internal static class JpegDecoder
{
    /// <summary>Decodes an image.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <param name="atLeast">Size that the image may be scaled down to while it is decoded; null for its own size.</param>
    /// <exception cref="InvalidImageException">
    /// The file is cut off, damaged, of a rare process, or announces a size beyond the limits of <see cref="Image"/>.
    /// </exception>
    public static Image Decode(byte[] bytes, string name, ImageSize? atLeast)
    {
        JpegHeader header = Check(bytes, name);
        int eighths = atLeast is ImageSize size
            ? ScaleFor(header, header.Orientation.SwapsSides() ? new ImageSize(size.Height, size.Width) : size)
            : 8;
        Image stored = TurboJpegDecoder.TryDecode(bytes, eighths) ?? SkiaDecoder.Decode(bytes, name, ImageKind.Jpeg, eighths);
        return stored.ToUpright(header.Orientation);
    }

    /// <summary>Reads a file's header and refuses what must not or cannot be decoded.</summary>
    internal static JpegHeader Check(byte[] bytes, string name)
    {
        JpegHeader header = JpegHeader.Parse(bytes);
        if (header.Unsupported is string process)
        {
            throw new InvalidImageException(name, $"this is {process}, a kind that few programs read. {ImageKind.Jpeg.Cure()}");
        }

        if (header.Frame == 0)
        {
            throw new InvalidImageException(
                name, "the JPEG image is cut off or damaged (the file ends before the image begins). Copy it again or take it out.");
        }

        Image.CheckSize(name, header.Width, header.Height, bytes.Length);
        if (!header.IsWhole)
        {
            throw new InvalidImageException(
                name, "the JPEG image is cut off or damaged (its end marker is missing). Copy it again or take it out.");
        }

        if (header.IsTooShort(bytes.Length))
        {
            throw new InvalidImageException(
                name,
                $"the JPEG image is cut off or damaged (the file announces {header.Width}×{header.Height} pixels but has only "
                + $"{bytes.Length} bytes). Copy it again or take it out.");
        }

        return header.IsBomb
            ? throw new InvalidImageException(
                name,
                $"the JPEG image of {header.Width}×{header.Height} pixels has {header.Scans} scans, far more than an image needs; "
                + "it is made to waste time. Take it out.")
            : header;
    }

    /// <summary>The fewest eighths of its size at which an image is still as large as asked for.</summary>
    private static int ScaleFor(JpegHeader header, ImageSize atLeast)
    {
        int eighths = 1;
        while (eighths < 8
            && (ImageSize.Scale(header.Width, eighths) < atLeast.Width || ImageSize.Scale(header.Height, eighths) < atLeast.Height))
        {
            eighths++;
        }

        return eighths;
    }
}
