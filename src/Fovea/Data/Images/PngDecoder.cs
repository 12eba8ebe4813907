using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Fovea.Data;

/// <summary>
/// Decodes PNG images (PNG specification, third edition): every colour type, bit depth and interlace method.
/// </summary>
/// <remarks>
/// Grey images give 1 channel, all others 3. Transparency (alpha samples and tRNS) is dropped and the colours are kept as stored,
/// as Pillow's <c>convert("RGB")</c> does. Of 16-bit samples the high byte is kept; grey of fewer than 8 bits is stretched to 0–255.
/// Gamma and colour profiles are not applied. Every chunk's checksum is verified.
/// </remarks>
internal static class PngDecoder
{
    // Deflate cannot shrink data to less than 1/1032: fewer compressed bytes than that cannot hold the announced image.
    private const int MaxDeflateRatio = 1032;

    /// <summary>True if the bytes begin with the PNG signature, or with as much of it as there is.</summary>
    /// <param name="bytes">A file's first bytes.</param>
    public static bool IsPng(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 0 && bytes[..Math.Min(8, bytes.Length)].SequenceEqual(PngFormat.Signature[..Math.Min(8, bytes.Length)]);

    /// <summary>Decodes an image.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <exception cref="InvalidImageException">
    /// The file is cut off, damaged, or announces a size beyond the limits of <see cref="Image"/>.
    /// </exception>
    public static Image Decode(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (bytes.Length == 0)
        {
            throw new InvalidImageException(name, "the file is empty (0 bytes). Replace it or take it out.");
        }

        if (!IsPng(bytes))
        {
            throw new InvalidImageException(name, "this is not a PNG image.");
        }

        (PngHeader header, byte[]? palette, MemoryStream? compressed) = ReadChunks(bytes, name);
        long length = header.InflatedLength;
        if (length > (long)compressed.Length * MaxDeflateRatio || length > Array.MaxLength)
        {
            throw new InvalidImageException(
                name,
                $"the file announces {header.Width}×{header.Height} pixels but holds only {compressed.Length} bytes of them; "
                + "it is cut off or damaged.");
        }

        return PngPixels.Decode(header, palette, Inflate(compressed, (int)length, name), name);
    }

    private static (PngHeader Header, byte[] Palette, MemoryStream Compressed) ReadChunks(byte[] bytes, string name)
    {
        PngHeader? header = null;
        byte[] palette = [];
        MemoryStream compressed = new();
        int position = PngFormat.Signature.Length;
        while (true)
        {
            // A chunk is length, type, data and checksum; the first and the last two take 12 bytes.
            if (bytes.Length - position < 12)
            {
                throw CutOff(name);
            }

            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(position));
            if (length > bytes.Length - position - 12)
            {
                throw CutOff(name);
            }

            Span<byte> chunk = bytes.AsSpan(position + 4, (int)length + 4);
            if (PngFormat.Crc(chunk) != BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(position + 8 + (int)length)))
            {
                throw new InvalidImageException(
                    name, $"the checksum of the chunk {Letters(chunk)} at byte {position} does not agree; the file is damaged.");
            }

            uint type = PngFormat.Type(chunk);
            Span<byte> data = chunk[4..];
            if (header is null)
            {
                if (type != PngFormat.Type("IHDR"u8))
                {
                    throw new InvalidImageException(name, "the PNG header is not the first chunk; the file is damaged.");
                }

                header = PngHeader.Parse(data, name);
            }
            else if (type == PngFormat.Type("PLTE"u8))
            {
                palette = data.ToArray();
            }
            else if (type == PngFormat.Type("IDAT"u8))
            {
                compressed.Write(data);
            }
            else if (type == PngFormat.Type("IEND"u8))
            {
                break;
            }
            else if ((type & 0x20000000) == 0)
            {
                // An upper-case first letter marks a chunk without which the image cannot be understood.
                throw new InvalidImageException(
                    name, $"the file needs the chunk {Letters(chunk)}, which is not a PNG chunk; the file is damaged.");
            }

            position += (int)length + 12;
        }

        CheckPalette(header.Value, palette, name);
        compressed.Position = 0;
        return (header.Value, palette, compressed);
    }

    private static void CheckPalette(PngHeader header, byte[] palette, string name)
    {
        if (header.ColourType == 3 && (palette.Length == 0 || palette.Length % 3 != 0 || palette.Length > 768))
        {
            throw new InvalidImageException(
                name, $"the palette has {palette.Length} bytes instead of 3 to 768 in threes; the file is damaged.");
        }
    }

    private static byte[] Inflate(MemoryStream compressed, int length, string name)
    {
        byte[] inflated = GC.AllocateUninitializedArray<byte>(length);
        int filled;
        try
        {
            using ZLibStream inflater = new(compressed, CompressionMode.Decompress);
            filled = inflater.ReadAtLeast(inflated, length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidImageException(name, "the compressed pixels are damaged or cut off.", exception);
        }

        return filled == length
            ? inflated
            : throw new InvalidImageException(name, $"the image is cut off: {length - filled} of {length} bytes of pixels are missing.");
    }

    private static InvalidImageException CutOff(string name) =>
        new(name, "the PNG file is cut off before its end. Copy it again or take it out.");

    private static string Letters(ReadOnlySpan<byte> chunk) =>
        string.Concat("'", Encoding.Latin1.GetString(chunk[..4]).Replace('\0', '?'), "'");
}
