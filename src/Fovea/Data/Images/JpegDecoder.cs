namespace Fovea.Data;

/// <summary>Decodes JPEG images, baseline and progressive, through libjpeg-turbo's TurboJPEG library.</summary>
/// <remarks>
/// Grey files give 1 channel, all others 3. Four-ink files are taken as Adobe writes them (inverted) and converted without a colour
/// profile. A rotation noted in the file's EXIF data is not applied. A file that is cut off or damaged is an error, never a half-grey
/// image.
/// </remarks>
internal static unsafe class JpegDecoder
{
    [ThreadStatic]
    private static TurboJpegHandle? _decompressor;

    /// <summary>True if the bytes begin with the signature of a JPEG file.</summary>
    /// <param name="bytes">A file's first bytes.</param>
    public static bool IsJpeg(ReadOnlySpan<byte> bytes) => bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]);

    /// <summary>Decodes an image.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <exception cref="InvalidImageException">
    /// The file is cut off, damaged, or announces a size beyond the limits of <see cref="Image"/>.
    /// </exception>
    /// <exception cref="MissingLibraryException">libturbojpeg is not installed.</exception>
    public static Image Decode(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        nint decompressor = Decompressor(name).Value;
        fixed (byte* encoded = bytes)
        {
            nuint size = (nuint)bytes.Length;
            int result = TurboJpeg.DecompressHeader(decompressor, encoded, size, out int width, out int height, out _, out int colourSpace);
            bool unread = width <= 0 || height <= 0;
            if (unread || (result != 0 && TurboJpeg.GetErrorCode(decompressor) != TurboJpeg.ErrorIsWarning))
            {
                throw Damaged(decompressor, name, result == 0 ? "the file ends before the image begins" : null);
            }

            Image.CheckSize(name, width, height);
            (int format, int values) = colourSpace switch
            {
                TurboJpeg.ColourSpaceGrey => (TurboJpeg.PixelFormatGrey, 1),
                >= TurboJpeg.ColourSpaceCmyk => (TurboJpeg.PixelFormatCmyk, 4),
                _ => (TurboJpeg.PixelFormatRgb, 3),
            };
            byte[] pixels = GC.AllocateUninitializedArray<byte>(width * height * values);
            fixed (byte* destination = pixels)
            {
                result = TurboJpeg.Decompress(
                    decompressor, encoded, size, destination, width, width * values, height, format, TurboJpeg.FlagAccurateTransform);
                if (result != 0 && !IsHarmless(decompressor, bytes))
                {
                    throw Damaged(decompressor, name);
                }
            }

            return values == 4
                ? new Image(width, height, 3, InksToRgb(pixels))
                : new Image(width, height, values, pixels);
        }
    }

    /// <summary>The error for a machine without the library.</summary>
    /// <param name="name">The image that asked for it.</param>
    /// <param name="inner">The loader's own failure.</param>
    internal static MissingLibraryException MissingLibrary(string name, Exception inner) =>
        new(
            $"{name}: JPEG images are decoded by libjpeg-turbo's library libturbojpeg, which is not installed here. Install it"
            + " (Debian, Ubuntu: apt install libturbojpeg0; Fedora: dnf install turbojpeg; macOS: brew install jpeg-turbo),"
            + " or convert the images to PNG.",
            inner);

    private static TurboJpegHandle Decompressor(string name)
    {
        if (_decompressor is { } ready)
        {
            return ready;
        }

        try
        {
            TurboJpegHandle created = new();
            return created.IsInvalid
                ? throw new InvalidImageException(
                    name, "libturbojpeg could not start a decompressor; the machine is probably out of memory.")
                : _decompressor = created;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw MissingLibrary(name, exception);
        }
    }

    // Some cameras leave stray bytes between the segments of good images, which libjpeg remarks on. It keeps only its first remark,
    // so the image counts as whole only if its end marker is there too.
    private static bool IsHarmless(nint decompressor, ReadOnlySpan<byte> bytes) =>
        TurboJpeg.GetErrorCode(decompressor) == TurboJpeg.ErrorIsWarning
        && TurboJpeg.ErrorOf(decompressor).Contains("extraneous bytes", StringComparison.Ordinal)
        && bytes.TrimEnd((byte)0).EndsWith((ReadOnlySpan<byte>)[0xFF, 0xD9]);

    /// <summary>
    /// The error for a bad file. The decompressor is given up with it: it may carry the file's remains over to the next one.
    /// </summary>
    private static InvalidImageException Damaged(nint decompressor, string name, string? reason = null)
    {
        reason ??= $"libjpeg: {TurboJpeg.ErrorOf(decompressor)}";
        _decompressor?.Dispose();
        _decompressor = null;
        return new(name, $"the JPEG image is cut off or damaged ({reason}). Copy it again or take it out.");
    }

    private static byte[] InksToRgb(byte[] inks)
    {
        byte[] pixels = new byte[inks.Length / 4 * 3];
        for (int pixel = 0; pixel < inks.Length / 4; pixel++)
        {
            int black = inks[(pixel * 4) + 3];
            for (int channel = 0; channel < 3; channel++)
            {
                pixels[(pixel * 3) + channel] = (byte)(((inks[(pixel * 4) + channel] * black) + 127) / 255);
            }
        }

        return pixels;
    }
}
