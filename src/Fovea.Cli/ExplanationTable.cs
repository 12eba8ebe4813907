using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Explanations;
using Fovea.Models;

namespace Fovea.Cli;

/// <summary>Explanations as a table of where each is strongest, and with all numbers as JSON.</summary>
/// <param name="task">Task of the model; detectors have a column of detections.</param>
internal sealed class ExplanationTable(VisionTask task)
{
    private readonly bool _detects = task == VisionTask.Detection;

    /// <summary>The table.</summary>
    public Table Table { get; } = new(
        [
            "image",
            .. task == VisionTask.Detection ? ["detection"] : Array.Empty<string>(),
            "method",
            "layer",
            "class",
            "strongest at (x, y)",
            "value",
        ]);

    /// <summary>The explanations as JSON.</summary>
    public JsonArray Json { get; } = [];

    /// <summary>Adds an explanation.</summary>
    /// <param name="path">Path of the image.</param>
    /// <param name="one">The explanation.</param>
    public void Add(string path, Explanation one)
    {
        ReadOnlySpan<float> values = one.Values.Span;
        int strongest = 0;
        for (int i = 1; i < values.Length; i++)
        {
            strongest = values[i] > values[strongest] ? i : strongest;
        }

        ImagePoint place = one.Region.PointOf(strongest / one.Width, strongest % one.Width, one.Height, one.Width);
        string detection = one.Detection is ExplainedDetection found ? $"{found.Index}: {found.Class} {Numbers.Fixed(found.Score, 3)}" : "";
        Table.Add(
            [
                path,
                .. _detects ? [detection] : Array.Empty<string>(),
                one.Method.Name(),
                one.Head is int head ? $"{one.Layer} head {head}" : one.Layer ?? "",
                one.Class ?? "",
                $"{Numbers.Fixed(place.X, 1)}, {Numbers.Fixed(place.Y, 1)}",
                values[strongest].ToString("G3", CultureInfo.InvariantCulture),
            ]);
        Json.Add((JsonNode)ToJson(path, one));
    }

    private static JsonObject ToJson(string path, Explanation one)
    {
        JsonObject json = new()
        {
            ["image"] = path,
            ["method"] = one.Method.Name(),
            ["layer"] = one.Layer,
            ["head"] = one.Head,
            ["query"] = one.Query is ImagePoint query ? new JsonArray(query.X, query.Y) : null,
            ["class"] = one.Class,
            ["height"] = one.Height,
            ["width"] = one.Width,
            ["values"] = new JsonArray([.. one.Values.ToArray().Select(value => (JsonNode)value)]),
            ["classTokenShare"] = one.ClassTokenShare,
            ["region"] = new JsonArray(one.Region.Left, one.Region.Top, one.Region.Right, one.Region.Bottom),
        };
        if (one.Detection is ExplainedDetection found)
        {
            json["detection"] = new JsonObject
            {
                ["index"] = found.Index,
                ["class"] = found.Class,
                ["score"] = found.Score,
                ["box"] = new JsonArray(found.Box.Left, found.Box.Top, found.Box.Right, found.Box.Bottom),
            };
        }

        return json;
    }
}
