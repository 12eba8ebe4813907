using System.Buffers.Binary;
using System.IO.Compression;

namespace Fovea.Data;

/// <summary>
/// An IDX file of unsigned bytes, the format of MNIST and its kin: a magic number 00 00 08 N, N big-endian sizes, then the values.
/// Plain and gzip files are told apart by their first bytes.
/// </summary>
internal sealed class IdxFile
{
    // Beyond this size a file that inflates to more than a hundred times its own is a bomb: labels in order are small.
    private const long FreeBytes = 1L << 20;
    private const int MaxDeflateRatio = 1032;

    private IdxFile(string path, int[] dimensions, byte[] values) => (Path, Dimensions, Values) = (path, dimensions, values);

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>The sizes, outermost first: [count] for labels, [count, height, width] for images.</summary>
    public IReadOnlyList<int> Dimensions { get; }

    /// <summary>The values, the last dimension running fastest.</summary>
    public byte[] Values { get; }

    /// <summary>Reads a file of labels.</summary>
    /// <param name="path">The file, plain or gzip.</param>
    /// <exception cref="InvalidDatasetException">
    /// The file is missing, cut off, too long, or does not hold one dimension of bytes.
    /// </exception>
    public static IdxFile ReadLabels(string path) => Read(path, 1, "labels ([count])");

    /// <summary>Reads a file of grey images.</summary>
    /// <param name="path">The file, plain or gzip.</param>
    /// <exception cref="InvalidDatasetException">
    /// The file is missing, cut off, too long, or does not hold three dimensions of bytes.
    /// </exception>
    public static IdxFile ReadImages(string path) => Read(path, 3, "images ([count, height, width])");

    private static IdxFile Read(string path, int rank, string content)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDatasetException(path, "there is no such file.");
        }

        try
        {
            using FileStream file = File.OpenRead(path);
            bool compressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            using GZipStream? gzip = compressed ? new GZipStream(file, CompressionMode.Decompress) : null;
            return Read(path, (Stream?)gzip ?? file, file.Length, rank, content);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(path, $"the file cannot be read ({exception.Message}).", exception);
        }
    }

    private static IdxFile Read(string path, Stream stream, long fileLength, int rank, string content)
    {
        byte[] header = new byte[4 + (4 * rank)];
        int read = Fill(stream, header.AsSpan(0, 4));
        if (read == 4 && (header[0] != 0 || header[1] != 0 || header[2] != 0x08 || header[3] != rank))
        {
            throw new InvalidDatasetException(
                path,
                $"this is not an IDX file of {content}: it begins with {Convert.ToHexString(header, 0, 4)} instead of 000008{rank:X2}.");
        }

        read += read == 4 ? Fill(stream, header.AsSpan(4)) : 0;
        if (read < header.Length)
        {
            throw Truncated(path, "", header.Length - read, header.Length, "header");
        }

        int[] dimensions = new int[rank];
        long length = 1;
        for (int i = 0; i < rank; i++)
        {
            dimensions[i] = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4 + (4 * i)));
            if (dimensions[i] <= 0 || (length *= dimensions[i]) > Array.MaxLength)
            {
                throw new InvalidDatasetException(
                    path,
                    $"the header announces size {i} as {(uint)dimensions[i]}, which is zero or too many; the file is damaged.");
            }
        }

        // A file this short cannot hold what its header announces, so no memory is taken on the header's word alone.
        bool plain = stream is FileStream;
        long most = plain ? fileLength - header.Length : fileLength * MaxDeflateRatio;
        if (length > most)
        {
            throw Truncated(path, plain ? "" : "at least ", length - most, length, "values");
        }

        if (!plain && length > FreeBytes && length / InflatingStream.MaxRatio > fileLength)
        {
            throw new InvalidDatasetException(
                path,
                $"its {fileLength} bytes inflate to {length}, more than {InflatingStream.MaxRatio} times as many, as no honest file does. "
                + "Where you trust it, uncompress it with gunzip.");
        }

        byte[] values = GC.AllocateUninitializedArray<byte>((int)length);
        read = Fill(stream, values);
        if (read < values.Length)
        {
            throw Truncated(path, "", values.Length - read, length, "values");
        }

        return Fill(stream, header.AsSpan(0, 1)) == 0
            ? new IdxFile(path, dimensions, values)
            : throw new InvalidDatasetException(
                path, $"the file goes on after the {length} bytes of values that its header announces; it is damaged.");
    }

    private static InvalidDatasetException Truncated(string path, string atLeast, long missing, long expected, string part) =>
        new(path, $"the file is cut off: {atLeast}{missing} of the {expected} bytes of its {part} are missing. Fetch the file again.");

    /// <summary>Reads as much as there is, also from a gzip stream that ends too early; gives the number of bytes.</summary>
    private static int Fill(Stream stream, Span<byte> destination)
    {
        int filled = 0;
        try
        {
            for (int read; filled < destination.Length && (read = stream.Read(destination[filled..])) > 0;)
            {
                filled += read;
            }
        }
        catch (InvalidDataException) when (filled < destination.Length)
        {
            // What could be inflated is all there is.
        }

        return filled;
    }
}
