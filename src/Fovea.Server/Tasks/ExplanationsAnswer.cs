using Fovea.Explanations;
using Fovea.Tasks;

namespace Fovea.Server;

/// <summary>An explanation of one image, in the form that the command writes.</summary>
/// <param name="Image">Name under which the image was sent.</param>
/// <param name="Method">Name of the method.</param>
/// <param name="Layer">Layer whose grid the map has; null for a grid over the input itself.</param>
/// <param name="Head">Head of the attention; null for the mean of all.</param>
/// <param name="Query">Point (x, y) in pixels whose attention this is; null for a class token or the mean of all points.</param>
/// <param name="Class">Class that is explained; null where the map does not depend on one.</param>
/// <param name="Height">Rows of the map.</param>
/// <param name="Width">Columns of the map.</param>
/// <param name="Values">Numbers of the map, row by row, as they were computed.</param>
/// <param name="ClassTokenShare">Share of the attention that lies on class tokens; null where there is none.</param>
/// <param name="Region">Part of the image that the map lies over, in pixels: left, top, right, bottom.</param>
/// <param name="Detection">Detection that is explained; null for models that find no objects.</param>
internal sealed record ImageExplanation(
    string Image,
    string Method,
    string? Layer,
    int? Head,
    IReadOnlyList<double>? Query,
    string? Class,
    int Height,
    int Width,
    ReadOnlyMemory<float> Values,
    float? ClassTokenShare,
    IReadOnlyList<double> Region,
    DetectionCard? Detection)
{
    /// <summary>Puts an explanation into its form.</summary>
    /// <param name="image">Name under which the image was sent.</param>
    /// <param name="map">The explanation.</param>
    public static ImageExplanation Of(string image, Explanation map) => new(
        image,
        map.Method.Name(),
        map.Layer,
        map.Head,
        map.Query is ImagePoint query ? [query.X, query.Y] : null,
        map.Class,
        map.Height,
        map.Width,
        map.Values,
        map.ClassTokenShare,
        [map.Region.Left, map.Region.Top, map.Region.Right, map.Region.Bottom],
        map.Detection is ExplainedDetection found ? DetectionCard.Of(found) : null);
}

/// <summary>A detection that is explained.</summary>
/// <param name="Index">Its number, counted from 0 in the order in which <c>detect</c> lists them.</param>
/// <param name="Class">Its class.</param>
/// <param name="Score">Its score, 0 to 1.</param>
/// <param name="Box">Its box in pixels: left, top, right, bottom.</param>
internal sealed record DetectionCard(int Index, string Class, float Score, IReadOnlyList<float> Box)
{
    /// <summary>Puts a detection into its form.</summary>
    /// <param name="found">The detection.</param>
    public static DetectionCard Of(ExplainedDetection found) =>
        new(found.Index, found.Class, found.Score, [found.Box.Left, found.Box.Top, found.Box.Right, found.Box.Bottom]);
}

/// <summary>Answer to the question for explanations of images.</summary>
/// <param name="Explanations">Maps, image by image.</param>
/// <param name="Failures">Images that could not be read; null where all could.</param>
internal sealed record ExplanationsAnswer(IReadOnlyList<ImageExplanation> Explanations, IReadOnlyList<ImageFailure>? Failures = null);

/// <summary>A layer that can be explained.</summary>
/// <param name="Layer">Name of the layer.</param>
/// <param name="Height">Rows of its maps.</param>
/// <param name="Width">Columns of its maps.</param>
/// <param name="Heads">Heads of an attention; 0 for a map.</param>
internal sealed record LayerCard(string Layer, int Height, int Width, int Heads);

/// <summary>Layers and methods of a model that can be asked for, in the form that <c>fovea explain CHECKPOINT --json</c> writes.</summary>
/// <param name="Layers">Layers in the order in which an image passes them.</param>
/// <param name="Methods">Names of the methods.</param>
/// <param name="Method">The method where none is chosen.</param>
internal sealed record ExplainableModel(IReadOnlyList<LayerCard> Layers, IReadOnlyList<string> Methods, string Method);
