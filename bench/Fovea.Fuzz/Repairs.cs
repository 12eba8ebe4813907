using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;

namespace Fovea.Fuzz;

/// <summary>Wrappers that mend lengths and check sums, so that mutations reach the parsers behind them.</summary>
internal static class Repairs
{
    private const int DescribedBytes = 44;
    private const int TarBlock = 512;
    private const int TarChecksum = 148;

    /// <summary>A sound archive of PyTorch around a pickle.</summary>
    public static byte[] PickleInArchive(byte[] pickle)
    {
        using MemoryStream archive = new();
        using (ZipArchive zip = new(archive, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "archive/data.pkl", pickle);
            Add(zip, "archive/version", "3\n"u8);
            for (int storage = 0; storage < 4; storage++)
            {
                Add(zip, $"archive/data/{storage}", new byte[256]);
            }
        }

        return archive.ToArray();
    }

    /// <summary>A safetensors file with the bytes as its header and as many values as that of the corpus describes.</summary>
    public static byte[] HeaderInSafetensors(byte[] header)
    {
        byte[] file = new byte[8 + header.Length + DescribedBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        return file;
    }

    /// <summary>A safetensors file whose metadata have the lines of the bytes as entries: a key, a tabulator and the value.</summary>
    public static byte[] MetadataInSafetensors(byte[] lines)
    {
        Dictionary<string, string> metadata = [];
        foreach (string line in Encoding.Latin1.GetString(lines).Split('\n'))
        {
            int tabulator = line.IndexOf('\t');
            if (tabulator > 0)
            {
                metadata[line[..tabulator]] = line[(tabulator + 1)..];
            }
        }

        Dictionary<string, object> header = new()
        {
            ["__metadata__"] = metadata,
            ["w"] = new { dtype = "F32", shape = new[] { 2 }, data_offsets = new[] { 0, 8 } },
        };
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        byte[] file = new byte[8 + json.Length + 8];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        return file;
    }

    /// <summary>A PNG file with right check sums in all chunks; other bytes as they are.</summary>
    public static byte[] PngChecksums(byte[] bytes)
    {
        if (!bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']))
        {
            return bytes;
        }

        byte[] mended = [.. bytes];
        for (long at = 8; at + 12 <= mended.Length;)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(mended.AsSpan((int)at));
            if (at + 12 + length > mended.Length)
            {
                break;
            }

            uint sum = Crc32.HashToUInt32(mended.AsSpan((int)at + 4, (int)length + 4));
            BinaryPrimitives.WriteUInt32BigEndian(mended.AsSpan((int)(at + 8 + length)), sum);
            at += 12 + length;
        }

        return mended;
    }

    /// <summary>A tar archive whose blocks that look like headers have right check sums.</summary>
    public static byte[] TarChecksums(byte[] bytes)
    {
        byte[] mended = [.. bytes];
        for (int at = 0; at + TarBlock <= mended.Length; at += TarBlock)
        {
            Span<byte> header = mended.AsSpan(at, TarBlock);
            if (header.Slice(257, 5).SequenceEqual("ustar"u8))
            {
                header.Slice(TarChecksum, 8).Fill((byte)' ');
                int sum = 0;
                foreach (byte value in header)
                {
                    sum += value;
                }

                Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[TarChecksum..]);
            }
        }

        return mended;
    }

    /// <summary>A tar archive with right check sums, compressed by gzip.</summary>
    public static byte[] Compressed(byte[] bytes)
    {
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(TarChecksums(bytes));
        }

        return compressed.ToArray();
    }

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> bytes)
    {
        using Stream entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        entry.Write(bytes);
    }
}
