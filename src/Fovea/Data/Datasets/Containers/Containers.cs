namespace Fovea.Data;

/// <summary>Opens folders and archives, whose kind is told by their first bytes.</summary>
internal static class Containers
{
    private static readonly (byte[] Beginning, string Kind)[] _others =
    [
        ([0x42, 0x5A, 0x68], "a bzip2 file"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "an xz file"),
        ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard file"),
        ([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive"),
        ([0x52, 0x61, 0x72, 0x21], "a RAR archive"),
    ];

    /// <summary>Lists a folder or archive.</summary>
    /// <param name="path">An existing folder or file.</param>
    /// <exception cref="InvalidDatasetException">It cannot be read, or is no archive of a known kind.</exception>
    public static IContainer Open(string path)
    {
        if (Directory.Exists(path))
        {
            return FolderContainer.Open(path);
        }

        byte[] beginning = Beginning(path);
        if (beginning.AsSpan().StartsWith("PK\x03\x04"u8) || beginning.AsSpan().StartsWith("PK\x05\x06"u8))
        {
            return ZipContainer.Open(path);
        }

        foreach ((byte[] magic, string kind) in _others)
        {
            if (beginning.AsSpan().StartsWith(magic))
            {
                throw new InvalidDatasetException(path, $"this is {kind}. Unpack it, or pack it as .tar, .tar.gz or .zip.");
            }
        }

        if (ImageContent.IsImage(beginning))
        {
            throw new InvalidDatasetException(
                path, "this is a single image. Give the folder above its class folder, or an archive of class folders.");
        }

        return TarContainer.Open(path);
    }

    private static byte[] Beginning(string path)
    {
        try
        {
            // Pipes and devices have no length, and reading them may never end.
            return new FileInfo(path).Length > 0
                ? ImageContent.Beginning(path)
                : throw new InvalidDatasetException(path, "it is empty (0 bytes) or no file that can be read twice.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(path, $"it cannot be read ({exception.Message}).", exception);
        }
    }
}
