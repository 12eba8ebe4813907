using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Fovea.Data;

/// <summary>
/// PNG files of a palette: a byte for each pixel, such as the index of its class, which programs read as that number, and a colour for each
/// index, which viewers show.
/// </summary>
public static class PalettePng
{
    private const byte Depth = 8;
    private const byte PaletteType = 3;

    /// <summary>Encodes a map.</summary>
    /// <param name="map">An image of one channel.</param>
    /// <param name="palette">Colours of the indices from 0 on, 1 to 256; further indices are black.</param>
    /// <returns>The whole file.</returns>
    /// <exception cref="ArgumentException">The map has three channels, or there are too few or too many colours.</exception>
    public static byte[] Encode(Image map, IReadOnlyList<Rgb> palette)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(palette);
        if (map.Channels != 1 || palette.Count is < 1 or > 256)
        {
            throw new ArgumentException(
                $"A palette of 1 to 256 colours goes with a map of one channel, not {palette.Count} with {map.Channels}.", nameof(map));
        }

        // All indices that occur need an entry.
        Rgb[] colors = [.. palette, .. Enumerable.Repeat(default(Rgb), Math.Max(0, map.Pixels.Max() + 1 - palette.Count))];
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, map.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), map.Height);
        (header[8], header[9]) = (Depth, PaletteType);
        using MemoryStream file = new();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n']);
        Write(file, "IHDR"u8, header);
        Write(file, "PLTE"u8, [.. colors.SelectMany(color => new[] { color.Red, color.Green, color.Blue })]);
        Write(file, "IDAT"u8, Deflate(map));
        Write(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Deflate(Image map)
    {
        using MemoryStream data = new();
        using (ZLibStream deflating = new(data, CompressionLevel.Optimal))
        {
            for (int y = 0; y < map.Height; y++)
            {
                // Indices gain nothing by a filter.
                deflating.WriteByte(0);
                deflating.Write(map.Pixels, y * map.Width, map.Width);
            }
        }

        return data.ToArray();
    }

    private static void Write(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        Crc32 checksum = new();
        checksum.Append(type);
        checksum.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, checksum.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}
