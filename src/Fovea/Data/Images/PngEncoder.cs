using System.Buffers.Binary;
using System.IO.Compression;

namespace Fovea.Data;

/// <summary>Encodes images as PNG files of 8 bits a sample, grey or RGB.</summary>
public static class PngEncoder
{
    /// <summary>Encodes an image.</summary>
    /// <param name="image">The image.</param>
    /// <returns>The whole file.</returns>
    public static byte[] Encode(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using MemoryStream file = new();
        file.Write(PngFormat.Signature);

        Span<byte> header = stackalloc byte[PngHeader.Length];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
        header[8] = 8;
        header[9] = (byte)(image.Channels == 1 ? 0 : 2);
        WriteChunk(file, "IHDR"u8, header);

        using MemoryStream compressed = new();
        using (ZLibStream deflater = new(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            WriteRows(deflater, image);
        }

        WriteChunk(file, "IDAT"u8, compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void WriteRows(ZLibStream deflater, Image image)
    {
        int channels = image.Channels;
        int rowBytes = image.Width * channels;
        byte[] line = new byte[rowBytes + 1];
        line[0] = 4;
        for (int y = 0; y < image.Height; y++)
        {
            Span<byte> row = image.Pixels.AsSpan(y * rowBytes, rowBytes);
            Span<byte> above = y == 0 ? default : image.Pixels.AsSpan((y - 1) * rowBytes, rowBytes);
            for (int i = 0; i < rowBytes; i++)
            {
                byte left = i < channels ? (byte)0 : row[i - channels];
                byte up = y == 0 ? (byte)0 : above[i];
                byte upperLeft = i < channels || y == 0 ? (byte)0 : above[i - channels];
                line[i + 1] = (byte)(row[i] - PngFormat.Paeth(left, up, upperLeft));
            }

            deflater.Write(line);
        }
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        int start = (int)file.Length;
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, PngFormat.Crc(file.GetBuffer().AsSpan(start, data.Length + 4)));
        file.Write(number);
    }
}
