namespace Fovea.Data;

/// <summary>Reads images from files; the kind is told by the first bytes, never by the file's name.</summary>
public static class ImageFile
{
    /// <summary>The largest encoded image that is read, in bytes.</summary>
    public const long MaxEncodedBytes = 1L << 28;

    /// <summary>True if a file's name ends like that of an image that can be read (.png, .jpg, .jpeg).</summary>
    /// <param name="path">A path or a bare name.</param>
    public static bool HasImageExtension(string path)
    {
        ReadOnlySpan<char> extension = Path.GetExtension(path.AsSpan());
        return extension.Equals(".png", StringComparison.OrdinalIgnoreCase)
            || extension.Equals(".jpg", StringComparison.OrdinalIgnoreCase)
            || extension.Equals(".jpeg", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads and decodes an image.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidImageException">The file is missing, unreadable, or not a whole PNG or JPEG image.</exception>
    public static Image Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidImageException(path, "there is no such file.");
        }

        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            return Decode(stream, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidImageException(path, $"the file cannot be read ({exception.Message}).", exception);
        }
    }

    /// <summary>Decodes an image from what is left of a stream.</summary>
    /// <param name="stream">An encoded image; it stays open.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <exception cref="InvalidImageException">The bytes are not a whole PNG or JPEG image.</exception>
    public static Image Decode(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (stream.CanSeek)
        {
            long length = stream.Length - stream.Position;
            CheckEncodedSize(name, length);
            byte[] bytes = new byte[length];
            stream.ReadExactly(bytes);
            return Decode(bytes, name);
        }

        using MemoryStream copy = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            CheckEncodedSize(name, copy.Length + read);
            copy.Write(buffer, 0, read);
        }

        return Decode(copy.ToArray(), name);
    }

    /// <summary>Decodes an image from what is left of a stream that must not be waited for, such as the body of a request.</summary>
    /// <param name="stream">An encoded image; it stays open.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="InvalidImageException">The bytes are not a whole PNG or JPEG image.</exception>
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
    /// <exception cref="InvalidImageException">The bytes are not a whole PNG or JPEG image.</exception>
    /// <exception cref="MissingLibraryException">It is a JPEG image and libturbojpeg is not installed.</exception>
    public static Image Decode(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (bytes.Length == 0)
        {
            throw new InvalidImageException(name, "the file is empty (0 bytes). Replace it or take it out.");
        }

        if (PngDecoder.IsPng(bytes))
        {
            return PngDecoder.Decode(bytes, name);
        }

        return JpegDecoder.IsJpeg(bytes)
            ? JpegDecoder.Decode(bytes, name)
            : throw new InvalidImageException(name, "this is neither a PNG nor a JPEG image. Convert it to one of these or take it out.");
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
