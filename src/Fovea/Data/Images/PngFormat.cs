using System.Buffers.Binary;

namespace Fovea.Data;

/// <summary>
/// Parts of PNG that the decoder and the encoder share: signature, checksum, predictor (PNG specification, third edition, 5.2, 5.5, 9.4).
/// </summary>
internal static class PngFormat
{
    private static readonly uint[] _crcTable = CreateCrcTable();

    /// <summary>The eight bytes that every PNG file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The chunk type of four letters as the big-endian number that stands in the file.</summary>
    /// <param name="letters">Four ASCII letters.</param>
    public static uint Type(ReadOnlySpan<byte> letters) => BinaryPrimitives.ReadUInt32BigEndian(letters);

    /// <summary>The CRC-32 over a chunk's type and data.</summary>
    /// <param name="bytes">The type's four bytes followed by the data.</param>
    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = _crcTable[(crc ^ value) & 0xFF] ^ (crc >> 8);
        }

        return ~crc;
    }

    /// <summary>The Paeth predictor: whichever of left, above and upper left is nearest to left + above − upper left.</summary>
    /// <param name="left">The value one pixel to the left.</param>
    /// <param name="above">The value one row above.</param>
    /// <param name="upperLeft">The value to the left in the row above.</param>
    public static byte Paeth(byte left, byte above, byte upperLeft)
    {
        int fromLeft = Math.Abs(above - upperLeft);
        int fromAbove = Math.Abs(left - upperLeft);
        int fromUpperLeft = Math.Abs(left + above - (2 * upperLeft));
        return fromLeft <= fromAbove && fromLeft <= fromUpperLeft ? left : fromAbove <= fromUpperLeft ? above : upperLeft;
    }

    private static uint[] CreateCrcTable()
    {
        uint[] table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            uint value = n;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            }

            table[n] = value;
        }

        return table;
    }
}
