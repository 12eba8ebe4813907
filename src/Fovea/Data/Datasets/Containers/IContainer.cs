namespace Fovea.Data;

/// <summary>One image or text inside a folder or archive.</summary>
/// <param name="Path">The parts of its path from the root, such as train, airplane, 0000.jpg.</param>
/// <param name="Length">The file's length in bytes.</param>
/// <param name="Key">The container's own key of the file; links to one file share it.</param>
/// <param name="IsText">True for a text, which may hold annotations; false for an image.</param>
internal sealed record ContainerFile(string[] Path, long Length, int Key, bool IsText = false)
{
    /// <summary>The largest text that is read, in bytes: COCO's annotations of a hundred thousand images have half of it.</summary>
    public const long MaxTextBytes = 1L << 30;

    private static readonly string[] _textExtensions = [".json", ".xml", ".txt", ".yaml", ".yml"];

    /// <summary>The whole path, with slashes.</summary>
    public string Name => string.Join('/', Path);

    /// <summary>True if the file has more bytes than files of its kind may have.</summary>
    public bool IsTooLong => Length > (IsText ? MaxTextBytes : ImageFile.MaxEncodedBytes);

    /// <summary>True if a name ends like that of a text that may hold annotations.</summary>
    /// <param name="name">Name of a file.</param>
    public static bool IsTextName(string name) => _textExtensions.Contains(System.IO.Path.GetExtension(name).ToLowerInvariant());

    /// <summary>Refuses a file that is too long.</summary>
    /// <param name="name">The file's name, for the message.</param>
    /// <exception cref="InvalidImageException">It is.</exception>
    public void CheckLength(string name)
    {
        if (!IsText)
        {
            ImageFile.CheckEncodedSize(name, Length);
        }
        else if (IsTooLong)
        {
            throw new InvalidImageException(name, $"the file has more than {MaxTextBytes} bytes, too many for annotations.");
        }
    }
}

/// <summary>
/// A folder, tar or zip archive seen as the same thing: folders, images and texts by their paths. Hidden ones are left out, links followed
/// or left out with a note. May be read by several threads at once.
/// </summary>
internal interface IContainer : IDisposable
{
    /// <summary>The folder or archive.</summary>
    string Location { get; }

    /// <summary>The images.</summary>
    IReadOnlyList<ContainerFile> Images { get; }

    /// <summary>The texts that may hold annotations, by the endings of their names.</summary>
    IReadOnlyList<ContainerFile> Texts { get; }

    /// <summary>The folders that were named by themselves, empty ones among them, as the parts of their paths.</summary>
    IReadOnlyList<string[]> Folders { get; }

    /// <summary>Gives sentences about what was passed over.</summary>
    /// <param name="withTexts">True where the texts are passed over, too.</param>
    IReadOnlyList<string> Notes(bool withTexts);

    /// <summary>Reads a file as it is.</summary>
    /// <param name="file">One of <see cref="Images"/> or <see cref="Texts"/>.</param>
    /// <exception cref="InvalidImageException">The file cannot be read.</exception>
    byte[] Read(ContainerFile file);

    /// <summary>Reads and decodes an image.</summary>
    /// <param name="file">One of <see cref="Images"/>.</param>
    /// <param name="atLeast">Size that a JPEG image may be scaled down to while it is decoded; null for its own.</param>
    /// <exception cref="InvalidImageException">The image cannot be read.</exception>
    Image Load(ContainerFile file, ImageSize? atLeast = null);
}
