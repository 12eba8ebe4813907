using Fovea.Formats;

namespace Fovea.Cli;

/// <summary>A folder of drawings of images, each named as its image was.</summary>
internal sealed class DrawnImages
{
    private readonly string _folder;
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes the folder.</summary>
    /// <param name="folder">The folder; files of the same names are replaced.</param>
    /// <param name="images">Images that will be drawn.</param>
    /// <exception cref="UsageException">One of the images lies in the folder, where it might be replaced.</exception>
    public DrawnImages(string folder, IEnumerable<string> images)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (images.FirstOrDefault(image => Path.GetDirectoryName(Path.GetFullPath(image)) == full) is string inside)
        {
            throw new UsageException($"--out {folder}: {inside} lies there and might be replaced. Choose another folder.");
        }

        _folder = folder;
        Directory.CreateDirectory(folder);
    }

    /// <summary>Path of a drawing; images of the same name in several folders get numbers.</summary>
    /// <param name="image">Path of the image.</param>
    /// <param name="ending">What follows the image's name.</param>
    public string PathOf(string image, string ending = "")
    {
        string stem = Path.GetFileNameWithoutExtension(image);
        string name = $"{stem}{ending}.png";
        for (int i = 2; !_taken.Add(name); i++)
        {
            name = $"{stem}-{i}{ending}.png";
        }

        return Path.Combine(_folder, name);
    }

    /// <summary>Writes a drawing.</summary>
    /// <param name="path">A path that <see cref="PathOf"/> gave.</param>
    /// <param name="png">The whole file.</param>
    /// <param name="cancellation">Leaves no file behind.</param>
    public static void Write(string path, byte[] png, CancellationToken cancellation) =>
        AtomicFile.Write(path, stream => stream.Write(png), cancellation);
}
