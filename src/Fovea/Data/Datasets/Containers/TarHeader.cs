using System.Text;

namespace Fovea.Data;

/// <summary>The fields of a tar entry's header block that reading needs.</summary>
/// <param name="Name">Path of the entry.</param>
/// <param name="Type">Kind of the entry, the header's own letter.</param>
/// <param name="Size">Bytes of data behind the header.</param>
/// <param name="Link">Target of a link.</param>
/// <param name="IsExtended">True for an old sparse entry whose map goes on in a further block.</param>
internal sealed record TarHeader(string Name, char Type, long Size, string Link, bool IsExtended)
{
    /// <summary>Bytes of a header, and the unit in which data are stored.</summary>
    public const int BlockSize = 512;

    /// <summary>False for links, devices and folders, which have no data whatever their size says.</summary>
    public bool HasData => Type is not (>= '1' and <= '6');

    /// <summary>Reads a header block.</summary>
    /// <param name="block">512 bytes.</param>
    /// <exception cref="InvalidDataException">This is no header.</exception>
    public static TarHeader Parse(ReadOnlySpan<byte> block)
    {
        int sum = 8 * ' ';
        for (int i = 0; i < BlockSize; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : block[i];
        }

        if (Number(block[148..156]) != sum)
        {
            throw new InvalidDataException("the check sum of a header is wrong");
        }

        string name = Text(block[..100]);
        bool isPosix = block[257..263].SequenceEqual("ustar\0"u8);
        string prefix = isPosix ? Text(block[345..500]) : "";
        return new TarHeader(
            prefix.Length > 0 ? $"{prefix}/{name}" : name,
            (char)block[156],
            Number(block[124..136]),
            Text(block[157..257]),
            block[156] == 'S' && block[482] != 0);
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Reads octal digits, or the binary number that GNU's tar writes where they do not suffice.</summary>
    private static long Number(ReadOnlySpan<byte> field)
    {
        long number = 0;
        if ((field[0] & 0x80) != 0)
        {
            foreach (byte value in field[1..])
            {
                number = number < 1L << 48 ? (number << 8) | value : throw new InvalidDataException("a number in a header is too large");
            }

            return number;
        }

        foreach (byte value in field.Trim(" \0"u8))
        {
            number = value is >= (byte)'0' and <= (byte)'7'
                ? (number * 8) + (value - '0')
                : throw new InvalidDataException("a number in a header is not octal");
        }

        return number;
    }
}
