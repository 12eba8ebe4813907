using System.Buffers.Binary;

namespace Fovea.Data;

/// <summary>Turns of pixels between the way they are stored and the way they are seen, and the EXIF number that tells.</summary>
internal static class Orientations
{
    private const int OrientationTag = 0x0112;
    private const int ShortType = 3;

    /// <summary>True if width and height change places.</summary>
    /// <param name="orientation">How the image is stored.</param>
    public static bool SwapsSides(this ImageOrientation orientation) => orientation >= ImageOrientation.Transposed;

    /// <summary>The orientation that undoes another: a quarter turn's is the other quarter turn, the others undo themselves.</summary>
    /// <param name="orientation">The turn to undo.</param>
    public static ImageOrientation Inverse(this ImageOrientation orientation) => orientation switch
    {
        ImageOrientation.TurnedLeft => ImageOrientation.TurnedRight,
        ImageOrientation.TurnedRight => ImageOrientation.TurnedLeft,
        _ => orientation,
    };

    /// <summary>Sets stored pixels upright.</summary>
    /// <param name="source">Stored pixels, [height, width, channels].</param>
    /// <param name="width">Stored columns.</param>
    /// <param name="height">Stored rows.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="orientation">How they are stored.</param>
    /// <param name="destination">As many pixels, upright.</param>
    public static void Turn(
        ReadOnlySpan<byte> source, int width, int height, int channels, ImageOrientation orientation, Span<byte> destination)
    {
        bool swaps = orientation.SwapsSides();
        (int newWidth, int newHeight) = swaps ? (height, width) : (width, height);
        bool fromRight = orientation is ImageOrientation.Mirrored or ImageOrientation.UpsideDown
            or ImageOrientation.Transversed or ImageOrientation.TurnedRight;
        bool fromBottom = orientation is ImageOrientation.UpsideDown or ImageOrientation.MirroredUpsideDown
            or ImageOrientation.TurnedLeft or ImageOrientation.Transversed;

        // Along a row of the result the source is walked by columns, or by rows where the sides change places.
        int stepX = fromRight ? -channels : channels;
        int stepY = fromBottom ? -width * channels : width * channels;
        int first = ((fromRight ? width - 1 : 0) + ((fromBottom ? height - 1 : 0) * width)) * channels;
        (int step, int lineStep) = swaps ? (stepY, stepX) : (stepX, stepY);
        int to = 0;
        for (int y = 0; y < newHeight; y++)
        {
            int from = first + (y * lineStep);
            for (int x = 0; x < newWidth; x++, from += step, to += channels)
            {
                destination[to] = source[from];
                if (channels == 3)
                {
                    destination[to + 1] = source[from + 1];
                    destination[to + 2] = source[from + 2];
                }
            }
        }
    }

    /// <summary>Reads the orientation of EXIF data; upright where there is none or it makes no sense.</summary>
    /// <param name="exif">EXIF data, beginning with TIFF's header ("II" or "MM"), with or without "Exif\0\0" in front.</param>
    public static ImageOrientation OfExif(ReadOnlySpan<byte> exif)
    {
        exif = exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif;
        bool little = exif.StartsWith("II"u8);
        if (exif.Length < 8 || (!little && !exif.StartsWith("MM"u8)))
        {
            return ImageOrientation.Upright;
        }

        uint directory = Int(exif[4..], little);
        if (directory > exif.Length - 2)
        {
            return ImageOrientation.Upright;
        }

        ReadOnlySpan<byte> entries = exif[(int)directory..];
        int count = Short(entries, little);
        entries = entries[2..];
        for (int i = 0; i < count && entries.Length >= 12; i++, entries = entries[12..])
        {
            if (Short(entries, little) == OrientationTag && Short(entries[2..], little) == ShortType)
            {
                int value = Short(entries[8..], little);
                return value is >= 1 and <= 8 ? (ImageOrientation)value : ImageOrientation.Upright;
            }
        }

        return ImageOrientation.Upright;
    }

    private static int Short(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint Int(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
