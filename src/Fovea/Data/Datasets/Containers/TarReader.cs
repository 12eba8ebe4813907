using System.Globalization;
using System.Text;

namespace Fovea.Data;

/// <summary>
/// The entries of a tar archive in order. Our own, because the framework's takes memory on a header's word: a file of a kilobyte may
/// announce gigabytes of names.
/// </summary>
/// <param name="stream">The archive, at its beginning; it stays open.</param>
/// <param name="length">Length of the archive where that is known; null for a compressed one.</param>
internal sealed class TarReader(Stream stream, long? length)
{
    private const int MaxMetadata = 1 << 20;
    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private readonly byte[] _skipped = new byte[1 << 16];
    private long _position;
    private long _next;

    /// <summary>Position of the entry's data in the archive.</summary>
    public long DataPosition { get; private set; }

    /// <summary>True if the entry's name or a record of it says that its holes are left out.</summary>
    public bool IsSparse { get; private set; }

    /// <summary>The next entry, with the names that extended headers give it; null at the end.</summary>
    /// <exception cref="EndOfStreamException">The archive is cut off.</exception>
    /// <exception cref="InvalidDataException">This is no tar archive.</exception>
    public TarHeader? Next()
    {
        Dictionary<string, string> records = [];
        string? name = null;
        string? link = null;
        while (ReadHeader() is TarHeader header)
        {
            switch (header.Type)
            {
                case 'x':
                    ReadRecords(Metadata(header), records);
                    continue;
                case 'L':
                    name = Text(Metadata(header));
                    continue;
                case 'K':
                    link = Text(Metadata(header));
                    continue;
                case 'g':
                    continue;
                default:
                    IsSparse = header.Type == 'S' || records.Keys.Any(key => key.StartsWith("GNU.sparse.", StringComparison.Ordinal));
                    return Named(header, records, name, link);
            }
        }

        return null;
    }

    /// <summary>Reads the entry's data, or their beginning.</summary>
    /// <param name="destination">No longer than the data.</param>
    /// <exception cref="EndOfStreamException">The archive is cut off.</exception>
    public void ReadData(Span<byte> destination)
    {
        stream.ReadExactly(destination);
        _position += destination.Length;
    }

    private TarHeader Named(TarHeader header, Dictionary<string, string> records, string? name, string? link)
    {
        string path = records.GetValueOrDefault("GNU.sparse.name") ?? records.GetValueOrDefault("path") ?? name ?? header.Name;
        long size = header.Size;
        if (records.TryGetValue("size", out string? text))
        {
            size = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                ? number
                : throw new InvalidDataException("the size of an entry is no number");
            Expect(header.HasData ? size : 0);
        }

        return header with { Name = path, Size = size, Link = records.GetValueOrDefault("linkpath") ?? link ?? header.Link };
    }

    /// <summary>Reads the next header block and where the data behind it end.</summary>
    private TarHeader? ReadHeader()
    {
        Skip(_next - _position);
        int read = ReadBlock();
        if (read == 0 || (read == TarHeader.BlockSize && !_block.AsSpan().ContainsAnyExcept((byte)0)))
        {
            return null;
        }

        if (read < TarHeader.BlockSize)
        {
            throw new EndOfStreamException();
        }

        TarHeader header = TarHeader.Parse(_block);
        bool isExtended = header.IsExtended;
        while (isExtended)
        {
            isExtended = ReadBlock() == TarHeader.BlockSize ? _block[504] != 0 : throw new EndOfStreamException();
        }

        DataPosition = _position;
        Expect(header.HasData ? header.Size : 0);
        return header;
    }

    private int ReadBlock()
    {
        int read = stream.ReadAtLeast(_block, _block.Length, throwOnEndOfStream: false);
        _position += read;
        return read;
    }

    /// <summary>Takes note of where the next header stands.</summary>
    private void Expect(long size)
    {
        if (length is long end && size > end - DataPosition)
        {
            throw new EndOfStreamException();
        }

        long blocks = (size / TarHeader.BlockSize) + (size % TarHeader.BlockSize > 0 ? 1 : 0);
        _next = DataPosition + (blocks * TarHeader.BlockSize);
    }

    private byte[] Metadata(TarHeader header)
    {
        if (header.Size > MaxMetadata)
        {
            throw new InvalidDataException($"the names of an entry take {header.Size} bytes, more than {MaxMetadata}");
        }

        byte[] data = new byte[header.Size];
        ReadData(data);
        return data;
    }

    private void Skip(long bytes)
    {
        if (bytes > 0 && length is long end)
        {
            // The padding behind the last data may be missing.
            _position = Math.Min(_position + bytes, end);
            stream.Position = _position;
            return;
        }

        while (bytes > 0)
        {
            int read = stream.Read(_skipped, 0, (int)Math.Min(bytes, _skipped.Length));
            if (read == 0)
            {
                throw new EndOfStreamException();
            }

            bytes -= read;
            _position += read;
        }
    }

    /// <summary>Reads records "length key=value" with a line feed behind each.</summary>
    private static void ReadRecords(ReadOnlySpan<byte> data, Dictionary<string, string> records)
    {
        while (data.Length > 0)
        {
            int space = data.IndexOf((byte)' ');
            if (space < 1
                || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int size)
                || size <= space + 1
                || size > data.Length)
            {
                throw new InvalidDataException("an extended header cannot be read");
            }

            ReadOnlySpan<byte> record = data[(space + 1)..(size - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals > 0)
            {
                records[Encoding.UTF8.GetString(record[..equals])] = Encoding.UTF8.GetString(record[(equals + 1)..]);
            }

            data = data[size..];
        }
    }

    private static string Text(byte[] data) => Encoding.UTF8.GetString(data).TrimEnd('\0');
}
