using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Drawing;
using Fovea.Formats;

namespace Fovea.Cli;

/// <summary>A folder of images with the objects that were found in them: boxes, classes, scores, masks.</summary>
internal sealed class DetectedImages
{
    private readonly string _folder;
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes the folder.</summary>
    /// <param name="folder">The folder; files of the same names are replaced.</param>
    /// <param name="images">Images that will be drawn.</param>
    /// <exception cref="UsageException">One of the images lies in the folder, where it might be replaced.</exception>
    public DetectedImages(string folder, IEnumerable<string> images)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (images.FirstOrDefault(image => Path.GetDirectoryName(Path.GetFullPath(image)) == full) is string inside)
        {
            throw new UsageException($"--out {folder}: {inside} lies there and might be replaced. Choose another folder.");
        }

        _folder = folder;
        Directory.CreateDirectory(folder);
    }

    /// <summary>Draws an image and writes it as PNG, named as the image was.</summary>
    /// <param name="path">Path of the image.</param>
    /// <param name="image">The image.</param>
    /// <param name="found">Its objects, surest first.</param>
    /// <param name="cancellation">Leaves no file behind.</param>
    public void Save(string path, Image image, IReadOnlyList<Tasks.Detection> found, CancellationToken cancellation)
    {
        byte[] png = PngEncoder.Encode(Draw(image, found));
        AtomicFile.Write(Path.Combine(_folder, NameOf(path)), stream => stream.Write(png), cancellation);
    }

    private static Image Draw(Image image, IReadOnlyList<Tasks.Detection> found)
    {
        using Canvas canvas = new(image);
        byte[] pixels = new byte[image.Width * image.Height];
        foreach (Tasks.Detection one in found.Where(one => one.Mask is not null))
        {
            one.Mask!.CopyTo(pixels);
            canvas.DrawMask(new Image(image.Width, image.Height, 1, pixels), 1, Color.Of(one.Box.Label));
        }

        // The surest last, so that nothing hides its label.
        foreach (Tasks.Detection one in found.Reverse())
        {
            canvas.DrawBox(one.Box, $"{one.Class} {Numbers.Percent(one.Score, 0)}");
        }

        return canvas.ToImage();
    }

    /// <summary>Name of a drawing; images of the same name in several folders get numbers.</summary>
    private string NameOf(string path)
    {
        string stem = Path.GetFileNameWithoutExtension(path);
        string name = $"{stem}.png";
        for (int i = 2; !_taken.Add(name); i++)
        {
            name = $"{stem}-{i}.png";
        }

        return name;
    }
}
