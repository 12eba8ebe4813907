namespace Fovea.Data;

/// <summary>GIF images: the first frame. Transparent pixels have the colour that the palette gives them, as in Pillow.</summary>
internal static class GifFile
{
    private const int HeaderLength = 13;
    private const byte Extension = 0x21;
    private const byte GraphicControl = 0xF9;
    private const byte Frame = 0x2C;
    private const int FrameLength = 10;
    private const byte TransparencyFlag = 1;

    /// <summary>Decodes an image.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <exception cref="InvalidImageException">The file is cut off, damaged, or announces a size beyond the limits.</exception>
    public static Image Decode(byte[] bytes, string name)
    {
        byte[] opaque = [.. bytes];
        return SkiaDecoder.Decode(opaque, name, ImageKind.Gif, uncovered: MakeOpaque(opaque));
    }

    /// <summary>Clears the first frame's transparency; gives the colour of pixels that it does not cover, 0 for black.</summary>
    private static uint MakeOpaque(Span<byte> bytes)
    {
        if (bytes.Length < HeaderLength)
        {
            return 0;
        }

        int transparent = 0;
        int palette = HeaderLength;
        int position = HeaderLength + PaletteLength(bytes[10]);
        while (position + FrameLength <= bytes.Length && bytes[position] != Frame)
        {
            // Bytes that are no block are passed over, as other readers do.
            if (bytes[position] != Extension)
            {
                position++;
                continue;
            }

            if (bytes[position + 1] == GraphicControl && bytes[position + 2] >= 4 && (bytes[position + 3] & TransparencyFlag) != 0)
            {
                bytes[position + 3] &= unchecked((byte)~TransparencyFlag);
                transparent = bytes[position + 6];
            }

            position += 2;
            while (position < bytes.Length && bytes[position] != 0)
            {
                position += bytes[position] + 1;
            }

            position++;
        }

        bool local = position + FrameLength <= bytes.Length && PaletteLength(bytes[position + 9]) > 0;
        int colour = (local ? position + FrameLength : palette) + (3 * transparent);
        return colour + 3 <= bytes.Length && (local || PaletteLength(bytes[10]) > 0)
            ? bytes[colour] | ((uint)bytes[colour + 1] << 8) | ((uint)bytes[colour + 2] << 16)
            : 0;
    }

    private static int PaletteLength(byte flags) => (flags & 0x80) != 0 ? 6 << (flags & 7) : 0;
}
