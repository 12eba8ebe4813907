using System.Globalization;
using Fovea.Engine.Graph;
using Fovea.Models;

namespace Fovea.Compare;

/// <summary>A model at a size, as the command line names it: <c>cmt_s</c>, <c>cmt_ti@160</c>, <c>retinanet:cmt_ti@320x416</c>.</summary>
/// <param name="Name">The model's registered name, of a detector behind that of its head.</param>
/// <param name="Height">Rows of the images in pixels; the model's own where null.</param>
/// <param name="Width">Columns of the images in pixels; the model's own where null.</param>
internal sealed record MeasuredModel(string Name, int? Height = null, int? Width = null)
{
    private const int CocoLabels = 91;
    private const int AdeClasses = 150;

    /// <summary>Reads a model.</summary>
    /// <param name="text">Its name, and behind an @ its size where it is not the model's own.</param>
    /// <exception cref="OptionException">There is no such model, or it does not take the size.</exception>
    public static MeasuredModel Parse(string text)
    {
        string[] parts = text.Split('@');
        int[]? sides = parts.Length == 1 ? [] : ParseSides(parts[1]);
        if (parts.Length > 2 || sides is null)
        {
            throw new OptionException(
                $"--models {text} is not understood: give names such as cmt_s, or with a size cmt_ti@160 or retinanet:cmt_ti@320x416.");
        }

        MeasuredModel model = sides.Length == 0 ? new(parts[0]) : new(parts[0], sides[0], sides[^1]);
        try
        {
            model.Create();
        }
        catch (Exception error) when (error is ArgumentException or ShapeException)
        {
            throw new OptionException($"--models {text}: {error.Message.Split(" (Parameter")[0].TrimEnd('.')}.");
        }

        return model;
    }

    /// <summary>Changes to the registered variant.</summary>
    public ModelOptions Options => new(
        Height: Height, Width: Width, Classes: IsDetector ? CocoLabels - FirstLabel : IsSegmenter ? AdeClasses : null);

    /// <summary>Label of a detector's first class as torchvision counts: regions have one for the background in front.</summary>
    public int FirstLabel => Name.StartsWith("retinanet:", StringComparison.Ordinal) ? 0 : 1;

    /// <summary>True for a detector or a segmentation network, which are named by their head and their backbone.</summary>
    public bool IsDense => Head is not null;

    /// <summary>True for a detector.</summary>
    public bool IsDetector => IsDense && !IsSegmenter;

    /// <summary>True for a segmentation network.</summary>
    public bool IsSegmenter => Head is "upernet" or "semantic_fpn";

    /// <summary>Makes the network, without weights.</summary>
    public Network Create() => ModelRegistry.Create(Name, Options);

    /// <inheritdoc/>
    public override string ToString() => Height is null ? Name : Height == Width ? $"{Name}@{Height}" : $"{Name}@{Height}x{Width}";

    private string? Head => Name.Split(':') is [string head, _] ? head : null;

    private static int[]? ParseSides(string text)
    {
        string[] parts = text.Split('x');
        int[] sides = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sides[i]))
            {
                return null;
            }
        }

        return sides.Length > 2 ? null : sides;
    }
}
