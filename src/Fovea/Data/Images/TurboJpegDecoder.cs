namespace Fovea.Data;

/// <summary>Decodes JPEG images by libjpeg-turbo's TurboJPEG library, where the system has it.</summary>
internal static unsafe class TurboJpegDecoder
{
    private static readonly bool _isUsed = Environment.GetEnvironmentVariable("FOVEA_TURBOJPEG") != "0" && TurboJpeg.IsInstalled;

    [ThreadStatic]
    private static TurboJpegHandle? _decompressor;

    /// <summary>Decodes an image as it is stored; null where the library is missing or remarks anything on the file.</summary>
    /// <param name="bytes">The whole file, whose size was found fit.</param>
    /// <param name="eighths">Eighths of its size that the image is decoded at, 1 to 8.</param>
    public static Image? TryDecode(byte[] bytes, int eighths)
    {
        if (!_isUsed)
        {
            return null;
        }

        _decompressor ??= new TurboJpegHandle();
        Image? image = _decompressor.IsInvalid ? null : Decode(_decompressor.Value, bytes, eighths);
        if (image is null)
        {
            // A decompressor may carry a bad file's remains over to the next one.
            _decompressor.Dispose();
            _decompressor = null;
        }

        return image;
    }

    private static Image? Decode(nint decompressor, byte[] bytes, int eighths)
    {
        fixed (byte* encoded = bytes)
        {
            nuint size = (nuint)bytes.Length;
            if (TurboJpeg.DecompressHeader(decompressor, encoded, size, out int width, out int height, out _, out int colourSpace) != 0)
            {
                return null;
            }

            (int format, int values) = colourSpace switch
            {
                TurboJpeg.ColourSpaceGrey => (TurboJpeg.PixelFormatGrey, 1),
                >= TurboJpeg.ColourSpaceCmyk => (TurboJpeg.PixelFormatCmyk, 4),
                _ => (TurboJpeg.PixelFormatRgb, 3),
            };
            (width, height) = (ImageSize.Scale(width, eighths), ImageSize.Scale(height, eighths));
            byte[] pixels = GC.AllocateUninitializedArray<byte>(width * height * values);
            fixed (byte* destination = pixels)
            {
                int result = TurboJpeg.Decompress(
                    decompressor, encoded, size, destination, width, width * values, height, format, TurboJpeg.FlagAccurateTransform);
                return result != 0 ? null
                    : values == 4 ? new Image(width, height, 3, InksToRgb(pixels))
                    : new Image(width, height, values, pixels);
            }
        }
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
