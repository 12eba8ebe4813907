using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Explanations;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Cli;

/// <summary>
/// A folder of pictures of explanations: each map over its image, a sheet where an image has several, and a page on which the reader picks
/// whose attention is shown.
/// </summary>
internal sealed class ExplanationPictures
{
    /// <summary>Name of the page.</summary>
    public const string Page = "explanation.html";

    // A page of more would take long to open.
    private const int MostOnPage = 12;
    private const int MostAttentions = 4;

    // Objects and regions are smaller than images.
    private const int Side = 256;
    private const int SideOfDense = 480;

    private readonly string _folder;
    private readonly Explainer _explainer;
    private readonly string[] _attentions;
    private readonly int _side;
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ExplainedImage> _page = [];

    /// <summary>Makes the folder.</summary>
    /// <param name="folder">The folder; files of the same names are replaced.</param>
    /// <param name="explainer">Explainer of the images.</param>
    /// <param name="layer">Layer that was asked for, or null.</param>
    public ExplanationPictures(string folder, Explainer explainer, string? layer)
    {
        (_folder, _explainer) = (folder, explainer);
        string[] attentions = [.. explainer.Layers.Where(one => one.IsAttention).Select(one => one.Name)];
        int count = Math.Min(MostAttentions, attentions.Length);
        _attentions = attentions.Contains(layer)
            ? [layer!]
            : [.. Enumerable.Range(1, count).Select(i => attentions[^(1 + ((i - 1) * attentions.Length / count))])];
        _side = explainer.Task == VisionTask.Classification ? Side : SideOfDense;
        Directory.CreateDirectory(folder);
    }

    /// <summary>Draws the explanations of an image.</summary>
    /// <param name="path">Path of the image.</param>
    /// <param name="image">The image.</param>
    /// <param name="explanations">Its explanations.</param>
    /// <param name="cancellation">Leaves no broken file behind.</param>
    public void Save(string path, Image image, IReadOnlyList<Explanation> explanations, CancellationToken cancellation)
    {
        string stem = Path.GetFileNameWithoutExtension(path);
        foreach (Explanation one in explanations)
        {
            Write(NameOf(stem, one.Method.Name(), one.Class), ExplanationDrawing.Draw(image, one, _side), cancellation);
        }

        if (explanations.Count > 1)
        {
            Write(NameOf(stem, "sheet", null), ExplanationDrawing.Sheet(image, explanations, Path.GetFileName(path)), cancellation);
        }

        if (_page.Count < MostOnPage)
        {
            AttentionMaps[] attentions = [.. _attentions.Select(name => _explainer.Attend(image, name, cancellation))];
            _page.Add(new ExplainedImage(Path.GetFileName(path), image, explanations, attentions));
        }
    }

    /// <summary>Writes the page of the first images.</summary>
    /// <param name="title">The headline.</param>
    public void WritePage(string title)
    {
        if (_page.Count > 0)
        {
            ExplanationPage.Write(Path.Combine(_folder, Page), title, _page);
        }
    }

    private void Write(string name, Image picture, CancellationToken cancellation)
    {
        byte[] png = PngEncoder.Encode(picture);
        AtomicFile.Write(Path.Combine(_folder, name), stream => stream.Write(png), cancellation);
    }

    private string NameOf(string image, string what, string? about)
    {
        string stem = about is null ? $"{image}-{what}" : $"{image}-{what}-{Printable.Of(about).Replace('/', '-')}";
        string name = $"{stem}.png";
        for (int i = 2; !_taken.Add(name); i++)
        {
            name = $"{stem}-{i}.png";
        }

        return name;
    }
}
