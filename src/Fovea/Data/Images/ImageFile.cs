using System.Collections.Frozen;

namespace Fovea.Data;

/// <summary>Reads images from files; the kind is told by the first bytes, never by the file's name.</summary>
public static class ImageFile
{
    /// <summary>The largest encoded image that is read, in bytes.</summary>
    public const long MaxEncodedBytes = 1L << 28;

    private static readonly FrozenSet<string> _extensions = FrozenSet.ToFrozenSet(
        [".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".webp", ".gif", ".bmp", ".dib"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>True if a file's name ends like that of an image that can be read: .png, .jpg, .jpeg, .jfif, .webp, .gif, .bmp….</summary>
    /// <param name="path">A path or a bare name.</param>
    /// <remarks>Names may lie: <see cref="ImageKinds.OfFile"/> tells the kind by the content.</remarks>
    public static bool HasImageExtension(string path) =>
        _extensions.Contains(Path.GetExtension(path ?? throw new ArgumentNullException(nameof(path))));

    /// <summary>Reads and decodes an image.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidImageException">
    /// The file is missing, unreadable, cut off, too large, or of a kind that is not decoded, which the message names.
    /// </exception>
    public static Image Read(string path) => Read(path, null);

    /// <summary>Reads and decodes an image, JPEG images possibly at a smaller size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="atLeast">
    /// Size that a JPEG image may be scaled down to while it is decoded, which is faster: the result is the smallest of 1/8 to 8/8 of the
    /// image that is not smaller. Null, for the image's own size, gives the same pixels as other readers.
    /// </param>
    /// <exception cref="InvalidImageException">
    /// The file is missing, unreadable, cut off, too large, or of a kind that is not decoded, which the message names.
    /// </exception>
    public static Image Read(string path, ImageSize? atLeast)
    {
        if (!File.Exists(path))
        {
            throw new InvalidImageException(path, "there is no such file.");
        }

        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            return Decode(stream, path, atLeast);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidImageException(path, $"the file cannot be read ({exception.Message}).", exception);
        }
    }

    /// <summary>Decodes an image from what is left of a stream.</summary>
    /// <param name="stream">An encoded image; it stays open.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <param name="atLeast">Size that a JPEG image may be scaled down to, as for <see cref="Read(string, ImageSize?)"/>.</param>
    /// <exception cref="InvalidImageException">The bytes are not a whole image of a kind that is decoded.</exception>
    public static Image Decode(Stream stream, string name, ImageSize? atLeast = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (stream.CanSeek)
        {
            long length = stream.Length - stream.Position;
            CheckEncodedSize(name, length);
            byte[] bytes = new byte[length];
            stream.ReadExactly(bytes);
            return Decode(bytes, name, atLeast);
        }

        using MemoryStream copy = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            CheckEncodedSize(name, copy.Length + read);
            copy.Write(buffer, 0, read);
        }

        return Decode(copy.ToArray(), name, atLeast);
    }

    /// <summary>Decodes an image from what is left of a stream that must not be waited for, such as the body of a request.</summary>
    /// <param name="stream">An encoded image; it stays open.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="InvalidImageException">The bytes are not a whole image of a kind that is decoded.</exception>
    public static async Task<Image> DecodeAsync(Stream stream, string name, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using MemoryStream copy = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            CheckEncodedSize(name, copy.Length + read);
            copy.Write(buffer, 0, read);
        }

        return Decode(copy.ToArray(), name);
    }

    /// <summary>Decodes an image.</summary>
    /// <param name="bytes">The whole encoded image.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <param name="atLeast">Size that a JPEG image may be scaled down to, as for <see cref="Read(string, ImageSize?)"/>.</param>
    /// <exception cref="InvalidImageException">The bytes are not a whole image of a kind that is decoded.</exception>
    public static Image Decode(byte[] bytes, string name, ImageSize? atLeast = null)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ImageKind kind = ImageKinds.Of(bytes.AsSpan(0, Math.Min(bytes.Length, ImageKinds.SignatureLength)));
        return kind switch
        {
            ImageKind.Jpeg => JpegDecoder.Decode(bytes, name, atLeast),
            ImageKind.Png => PngFile.Decode(bytes, name),
            ImageKind.Gif => GifFile.Decode(bytes, name),
            ImageKind.WebP => WebPFile.Decode(bytes, name),
            ImageKind.Bmp => SkiaDecoder.Decode(bytes, name, kind),
            ImageKind.Empty => throw new InvalidImageException(name, $"the file is empty (0 bytes). {kind.Cure()}"),
            ImageKind.Unknown => throw new InvalidImageException(name, $"this is {kind.Name()}. {kind.Cure()}"),
            _ => throw new InvalidImageException(name, $"this is {kind.Name()}, which is not read. {kind.Cure()}"),
        };
    }

    /// <summary>Decodes a label map: a PNG image, grey of 8 bits at most or with a palette, whose colours do not count.</summary>
    /// <param name="bytes">The whole encoded image.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <returns>An image of one channel: the number of each pixel, as it is stored.</returns>
    /// <exception cref="InvalidImageException">The bytes are no whole PNG image, or one of colours or more bits.</exception>
    public static Image DecodeIndices(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ImageKind kind = ImageKinds.Of(bytes.AsSpan(0, Math.Min(bytes.Length, ImageKinds.SignatureLength)));
        return kind == ImageKind.Png
            ? PngFile.DecodeIndices(bytes, name)
            : throw new InvalidImageException(
                name, $"this is {kind.Name()}, but labels are indices of classes, which PNG keeps: save it as PNG, grey of 8 bits.");
    }

    /// <summary>Refuses an encoded image of more than <see cref="MaxEncodedBytes"/>.</summary>
    /// <param name="name">The image's name, for the message.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <exception cref="InvalidImageException">It is longer.</exception>
    internal static void CheckEncodedSize(string name, long length)
    {
        if (length > MaxEncodedBytes)
        {
            throw new InvalidImageException(name, $"the file has more than {MaxEncodedBytes} bytes, too many for an image.");
        }
    }
}
