namespace Fovea.Data;

/// <summary>Tells images by their content, for files whose names do not say that they are.</summary>
internal static class ImageContent
{
    /// <summary>Bytes of a file's beginning that are enough to tell its kind.</summary>
    public const int BeginningLength = ImageKinds.SignatureLength;

    /// <summary>True if a file is an image by its name, or else by its first bytes.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="beginning">Reads the first bytes, where the name does not tell.</param>
    public static bool IsImage(string name, Func<byte[]> beginning) => ImageFile.HasImageExtension(name) || IsImage(beginning());

    /// <summary>True if bytes begin like an image; one of a kind that is not decoded is named as unreadable when it is loaded.</summary>
    /// <param name="beginning">The first bytes of a file.</param>
    public static bool IsImage(ReadOnlySpan<byte> beginning) => ImageKinds.Of(beginning).IsImage();

    /// <summary>The first bytes of a file; fewer where it is shorter.</summary>
    /// <param name="path">A file that has a length.</param>
    public static byte[] Beginning(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        return Beginning(stream);
    }

    /// <summary>The first bytes of what is left of a stream; fewer where it is shorter.</summary>
    /// <param name="stream">The stream; it stays open.</param>
    public static byte[] Beginning(Stream stream)
    {
        byte[] bytes = new byte[BeginningLength];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
