namespace Fovea.Data;

/// <summary>One image inside a folder or archive.</summary>
/// <param name="Path">The parts of its path from the root, such as train, airplane, 0000.jpg.</param>
/// <param name="Length">The encoded image's length in bytes.</param>
/// <param name="Key">The container's own key of the file; links to one file share it.</param>
internal sealed record ContainerFile(string[] Path, long Length, int Key)
{
    /// <summary>The whole path, with slashes.</summary>
    public string Name => string.Join('/', Path);
}

/// <summary>
/// A folder, tar or zip archive seen as the same thing: folders and images by their paths. Hidden ones are left out, links followed or left
/// out with a note. May be read by several threads at once.
/// </summary>
internal interface IContainer : IDisposable
{
    /// <summary>The folder or archive.</summary>
    string Location { get; }

    /// <summary>The images.</summary>
    IReadOnlyList<ContainerFile> Images { get; }

    /// <summary>The folders that were named by themselves, empty ones among them, as the parts of their paths.</summary>
    IReadOnlyList<string[]> Folders { get; }

    /// <summary>Sentences about what was passed over.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>Reads and decodes an image.</summary>
    /// <param name="file">One of <see cref="Images"/>.</param>
    /// <param name="atLeast">Size that a JPEG image may be scaled down to while it is decoded; null for its own.</param>
    /// <exception cref="InvalidImageException">The image cannot be read.</exception>
    Image Load(ContainerFile file, ImageSize? atLeast = null);
}
