using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Drawing;
using Fovea.Explanations;
using Fovea.Formats;

namespace Fovea.Cli;

/// <summary>A folder of pictures of explanations: each map over its image.</summary>
internal sealed class ExplanationPictures
{
    private readonly string _folder;
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes the folder.</summary>
    /// <param name="folder">The folder; files of the same names are replaced.</param>
    public ExplanationPictures(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
    }

    /// <summary>Draws the explanations of an image.</summary>
    /// <param name="path">Path of the image.</param>
    /// <param name="image">The image.</param>
    /// <param name="explanations">Its explanations.</param>
    /// <param name="cancellation">Leaves no broken file behind.</param>
    public void Save(string path, Image image, IReadOnlyList<Explanation> explanations, CancellationToken cancellation)
    {
        foreach (Explanation one in explanations)
        {
            byte[] png = PngEncoder.Encode(Overlay.Of(image, one.Values.Span, one.Width));
            AtomicFile.Write(Path.Combine(_folder, NameOf(path, one)), stream => stream.Write(png), cancellation);
        }
    }

    private string NameOf(string path, Explanation explanation)
    {
        string stem = $"{Path.GetFileNameWithoutExtension(path)}-{explanation.Method.Name()}";
        stem = explanation.Class is null ? stem : $"{stem}-{Printable.Of(explanation.Class).Replace('/', '-')}";
        string name = $"{stem}.png";
        for (int i = 2; !_taken.Add(name); i++)
        {
            name = $"{stem}-{i}.png";
        }

        return name;
    }
}
