using System.Buffers.Binary;

namespace Fovea.Data;

/// <summary>WebP images: the first frame, without transparency.</summary>
internal static class WebPFile
{
    private const int HeaderLength = 12;

    /// <summary>Decodes an image.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <exception cref="InvalidImageException">The file is cut off, damaged, or announces a size beyond the limits.</exception>
    public static Image Decode(byte[] bytes, string name) =>
        SkiaDecoder.Decode(bytes, name, ImageKind.WebP).ToUpright(OrientationOf(bytes));

    private static ImageOrientation OrientationOf(ReadOnlySpan<byte> bytes)
    {
        // Chunks of four letters and a length, each of an even number of bytes.
        for (long position = HeaderLength; position + 8 <= bytes.Length;)
        {
            ReadOnlySpan<byte> chunk = bytes[(int)position..];
            long length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            if (chunk.StartsWith("EXIF"u8))
            {
                return Orientations.OfExif(chunk.Slice(8, (int)Math.Min(length, chunk.Length - 8)));
            }

            position += 8 + length + (length & 1);
        }

        return ImageOrientation.Upright;
    }
}
