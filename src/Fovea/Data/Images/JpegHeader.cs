using System.Buffers.Binary;

namespace Fovea.Data;

/// <summary>
/// Everything that a JPEG file's segments tell before a pixel is decoded: its size, its process, its scans and whether its end is there.
/// </summary>
internal sealed class JpegHeader
{
    // A legitimate progressive file visits each block some ten times; small images may have more scans, as they cost little.
    private const int MaxVisitsPerBlock = 48;
    private const long FreeVisits = 4_000_000;
    private const int VisitsPerScan = 100;

    // Arithmetic coding has no least length; an image of one colour takes about this little.
    private const int MaxArithmeticBlocksPerByte = 512;

    private readonly List<(int Id, int Horizontal, int Vertical)> _components = [];
    private long _visits;

    private JpegHeader()
    {
    }

    /// <summary>Columns; 0 where the file has no frame.</summary>
    public int Width { get; private set; }

    /// <summary>Rows.</summary>
    public int Height { get; private set; }

    /// <summary>Bits of a sample: 8, or 12 for what is not decoded.</summary>
    public int Precision { get; private set; }

    /// <summary>The frame's marker, 0xC0 to 0xCF: baseline, progressive, lossless….</summary>
    public int Frame { get; private set; }

    /// <summary>The scans in the file.</summary>
    public int Scans { get; private set; }

    /// <summary>True if the end-of-image marker is there.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Orientation in which the image is stored, as its EXIF data say.</summary>
    public ImageOrientation Orientation { get; private set; } = ImageOrientation.Upright;

    /// <summary>Name of a process that is not decoded; null for the usual ones.</summary>
    public string? Unsupported => Frame switch
    {
        0xC3 or 0xCB => "a lossless JPEG picture",
        0xC5 or 0xC6 or 0xC7 or 0xCD or 0xCE or 0xCF => "a hierarchical JPEG picture",
        _ => Precision is 0 or 8 ? null : $"a JPEG picture of {Precision} bits a sample",
    };

    /// <summary>True if decoding takes far more work than an image of this size needs.</summary>
    public bool IsBomb => _visits > FreeVisits + (MaxVisitsPerBlock * Blocks);

    /// <summary>True if the file is too short for its blocks: each takes at least a bit, by arithmetic coding a fraction of it.</summary>
    /// <param name="length">The file's bytes.</param>
    public bool IsTooShort(long length) => Blocks > length * (Frame <= 0xC2 ? 8 : MaxArithmeticBlocksPerByte);

    private long Blocks => _components.Sum(BlocksOf);

    /// <summary>Walks over a file's segments.</summary>
    /// <param name="bytes">The whole file, which begins as a JPEG file does.</param>
    public static JpegHeader Parse(ReadOnlySpan<byte> bytes)
    {
        JpegHeader header = new();
        bool exif = false;
        int position = 2;
        while (NextMarker(bytes, ref position) is int marker and not 0)
        {
            if (marker == 0xD9)
            {
                header.IsWhole = true;
                break;
            }

            // Markers without a segment: a stray restart, a second beginning, a private one.
            if (marker is (>= 0xD0 and <= 0xD8) or 1)
            {
                continue;
            }

            if (bytes.Length - position < 2)
            {
                break;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[position..]);
            if (length < 2 || length > bytes.Length - position)
            {
                break;
            }

            ReadOnlySpan<byte> segment = bytes.Slice(position + 2, length - 2);
            position += length;
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                header.ReadFrame(marker, segment);
            }
            else if (marker == 0xDA)
            {
                header.ReadScan(segment);
            }
            else if (marker == 0xE1 && !exif && segment.StartsWith("Exif\0"u8))
            {
                (header.Orientation, exif) = (Orientations.OfExif(segment), true);
            }
        }

        return header;
    }

    /// <summary>Finds the next marker, over stray bytes and over the data of a scan; 0 at the end of the bytes.</summary>
    private static int NextMarker(ReadOnlySpan<byte> bytes, ref int position)
    {
        while (position < bytes.Length)
        {
            int offset = bytes[position..].IndexOf((byte)0xFF);
            if (offset < 0 || position + offset + 1 >= bytes.Length)
            {
                return 0;
            }

            position += offset + 1;
            int code = bytes[position];

            // Zero is a byte 0xFF among the data, 0xFF a filling byte; restarts belong to the data.
            if (code != 0xFF)
            {
                position++;
                if (code is not (0 or (>= 0xD0 and <= 0xD7)))
                {
                    return code;
                }
            }
        }

        return 0;
    }

    private void ReadFrame(int marker, ReadOnlySpan<byte> segment)
    {
        if (Frame != 0 || segment.Length < 6)
        {
            return;
        }

        Frame = marker;
        Precision = segment[0];
        Height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        Width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        for (int i = 6; i + 2 < segment.Length && _components.Count < segment[5]; i += 3)
        {
            _components.Add((segment[i], Math.Max(1, segment[i + 1] >> 4), Math.Max(1, segment[i + 1] & 15)));
        }
    }

    private void ReadScan(ReadOnlySpan<byte> segment)
    {
        Scans++;
        _visits += VisitsPerScan;
        for (int i = 0; segment.Length > 0 && i < segment[0] && (2 * i) + 1 < segment.Length; i++)
        {
            foreach ((int Id, int Horizontal, int Vertical) component in _components)
            {
                _visits += component.Id == segment[(2 * i) + 1] ? BlocksOf(component) : 0;
            }
        }
    }

    private long BlocksOf((int Id, int Horizontal, int Vertical) component)
    {
        int horizontal = _components.Max(item => item.Horizontal);
        int vertical = _components.Max(item => item.Vertical);
        long across = ((((long)Width * component.Horizontal) + horizontal - 1) / horizontal) + 7;
        long down = ((((long)Height * component.Vertical) + vertical - 1) / vertical) + 7;
        return across / 8 * (down / 8);
    }
}
