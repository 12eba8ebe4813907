using System.Text;
using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Drawing;
using Fovea.Formats;
using Fovea.Reporting;

namespace Fovea.Explanations;

/// <summary>
/// Explanations as one HTML page that needs nothing beside it: the reader chooses image, layer, head and class; the pointer or the arrow
/// keys choose the cell whose attention is shown. It works from the disk, in light and dark.
/// </summary>
public static class ExplanationPage
{
    // Beyond this the page of a few images takes seconds to open.
    private const long MostBytes = 3L << 20;
    private const int Side = 448;
    private const int ColorStops = 10;

    private const string Css = """

        .stage { display: flex; flex-wrap: wrap; gap: 20px; align-items: flex-start; }
        .stage .picture { flex: 0 1 560px; min-width: 260px; }
        .stage canvas { display: block; max-width: 100%; border-radius: 6px; touch-action: none; }
        .stage canvas:focus-visible { outline: 3px solid var(--curve0); }
        .scale { display: grid; grid-template-columns: auto 1fr auto; gap: 8px; align-items: center; margin-top: 10px;
          font-size: 13px; font-variant-numeric: tabular-nums; }
        .scale canvas { width: 100%; height: 12px; }
        .controls { flex: 1 1 240px; display: grid; gap: 12px; }
        .controls label { display: grid; gap: 4px; color: var(--soft); font-size: 13px; }
        .controls label[hidden] { display: none; }
        select { font: inherit; padding: 5px 8px; color: var(--ink); background: var(--card); border: 1px solid var(--line);
          border-radius: 6px; }
        """;

    private const string Body = """
        <section class="stage">
        <div class="card picture">
        <canvas id="view" tabindex="0" role="img" aria-label="the image with its map"></canvas>
        <div class="scale"><span id="least"></span><canvas id="bar" width="256" height="1"></canvas><span id="most"></span></div>
        </div>
        <div class="card controls">
        <label>image<select id="image"></select></label>
        <label>map<select id="map"></select></label>
        <label>head or class<select id="choice"></select></label>
        <label>strength of the map<input id="opacity" type="range" min="0" max="100" value="60"></label>
        <p class="note" id="where"></p>
        <p class="note" id="note"></p>
        <p class="note" id="keys">Move the pointer over the image, or click it and use the arrow keys.</p>
        </div>
        </section>

        """;

    /// <summary>Writes the page whole or not at all.</summary>
    /// <remarks>
    /// Maps are embedded with 256 steps from the least to the most of each. Of an attention that would be too large in all its heads the
    /// mean of the heads is embedded, and one that is too large even so is left out.
    /// </remarks>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="title">The headline.</param>
    /// <param name="images">Images with what explains them, one or more with at least one map.</param>
    /// <exception cref="ArgumentException">There is nothing to show.</exception>
    /// <exception cref="UnwritableFileException">The file cannot be written.</exception>
    public static void Write(string path, string title, IReadOnlyList<ExplainedImage> images) =>
        AtomicFile.WriteText(path, Render(title, images));

    /// <summary>The page as text.</summary>
    /// <param name="title">The headline.</param>
    /// <param name="images">Images with what explains them.</param>
    internal static string Render(string title, IReadOnlyList<ExplainedImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        JsonObject[] shown = [.. images.Select(ToJson).Where(image => image["maps"]!.AsArray().Count > 0)];
        if (shown.Length == 0)
        {
            throw new ArgumentException("There is no map to show: give at least one image with an explanation.", nameof(images));
        }

        JsonObject content = new() { ["colors"] = Colors(), ["images"] = new JsonArray(shown) };

        // The serializer writes < as an escape, so nothing in a name can end the element.
        return new StringBuilder(ReportHtml.Begin(title, "Where the network looked: brighter is more.", Css))
            .Append(Body)
            .Append("<script type=\"application/json\" id=\"maps\">").Append(content.ToJsonString()).Append("</script>\n")
            .Append("<script>\n").Append(Script()).Append("</script>\n")
            .Append(ReportHtml.End)
            .ToString();
    }

    private static JsonObject ToJson(ExplainedImage explained)
    {
        JsonArray maps = [];
        foreach (AttentionMaps attention in explained.Attentions)
        {
            foreach (JsonObject? map in (JsonObject?[])[OfQueries(attention), OfClassToken(attention)])
            {
                if (map is not null)
                {
                    maps.Add((JsonNode)map);
                }
            }
        }

        foreach (IGrouping<(ExplanationMethod, string?, int, int), Explanation> group in explained.Explanations
            .GroupBy(one => (one.Method, one.Layer, one.Height, one.Width)))
        {
            maps.Add((JsonNode)OfGroup([.. group]));
        }

        ImageRegion region = explained.Explanations.Count > 0
            ? explained.Explanations[0].Region
            : explained.Attentions.Count > 0 ? explained.Attentions[0].Region : new(0, 0, explained.Image.Width, explained.Image.Height);
        int side = (int)Math.Clamp(Math.Max(region.Right - region.Left, region.Bottom - region.Top), 1, Side);
        Image view = ExplanationDrawing.View(explained.Image, region, side);
        foreach (Box box in explained.Explanations.Select(one => one.Detection?.Box).OfType<Box>().Distinct())
        {
            view = ExplanationDrawing.Framed(view, region, box);
        }

        return new JsonObject
        {
            ["name"] = explained.Name,
            ["width"] = view.Width,
            ["height"] = view.Height,
            ["png"] = $"data:image/png;base64,{Convert.ToBase64String(PngEncoder.Encode(view))}",
            ["maps"] = maps,
        };
    }

    /// <summary>An attention with a map for each cell that attends, by head; null where it is too large, or no cell attends.</summary>
    private static JsonObject? OfQueries(AttentionMaps attention)
    {
        (int height, int width) = (attention.Queries.Height, attention.Queries.Width);
        long bytes = (long)height * width * attention.Keys.Height * attention.Keys.Width;
        if (bytes == 0 || bytes > MostBytes)
        {
            return null;
        }

        JsonArray choices = [];
        bool withHeads = attention.Heads > 1 && bytes * (attention.Heads + 1) <= MostBytes;
        foreach (int? head in withHeads ? Heads(attention) : [null])
        {
            QuantizedMaps maps = new();
            for (int cell = 0; cell < height * width; cell++)
            {
                maps.Add(attention.OfCell(cell / width, cell % width, head).Values.Span);
            }

            choices.Add((JsonNode)maps.ToJson(NameOf(head)));
        }

        JsonObject json = Map($"attention · {attention.Layer}", attention.Keys.Height, attention.Keys.Width, choices);
        json["queries"] = new JsonObject { ["height"] = height, ["width"] = width };
        return json;
    }

    /// <summary>Attention of a single class token by head; null where there is none, or where tokens stand for classes.</summary>
    private static JsonObject? OfClassToken(AttentionMaps attention)
    {
        if (attention.Queries.ClassTokens is 0 or > 2)
        {
            return null;
        }

        JsonArray choices = [];
        foreach (int? head in attention.Heads > 1 ? Heads(attention) : [null])
        {
            QuantizedMaps maps = new();
            maps.Add(attention.OfClassToken(0, head).Values.Span);
            choices.Add((JsonNode)maps.ToJson(NameOf(head)));
        }

        return Map($"class token · {attention.Layer}", attention.Keys.Height, attention.Keys.Width, choices);
    }

    /// <summary>The mean of all heads, then each.</summary>
    private static IEnumerable<int?> Heads(AttentionMaps attention) =>
        Enumerable.Range(0, attention.Heads).Select(head => (int?)head).Prepend(null);

    private static string NameOf(int? head) => head is int number ? $"head {number}" : "mean of the heads";

    private static JsonObject OfGroup(IReadOnlyList<Explanation> group)
    {
        JsonArray choices = [];
        foreach (Explanation one in group)
        {
            QuantizedMaps maps = new();
            maps.Add(one.Values.Span);
            choices.Add((JsonNode)maps.ToJson(one.Class ?? NameOf(one.Head), Note(one)));
        }

        Explanation first = group[0];
        string layer = first.Layer is null ? "" : $" · {first.Layer}";
        string method = first switch
        {
            { Method: not ExplanationMethod.Attention } => first.Method.Name(),
            { Query: null } => "attention overall",
            _ => "attention of a point",
        };
        return Map($"{method}{layer}", first.Height, first.Width, choices);
    }

    private static string Note(Explanation explanation) => explanation.Query is ImagePoint point
        ? FormattableString.Invariant($"of the point {point.X:F0}, {point.Y:F0}")
        : explanation.Class is string name ? $"explains {name}" : "";

    private static JsonObject Map(string label, int height, int width, JsonArray choices) =>
        new() { ["label"] = label, ["height"] = height, ["width"] = width, ["choices"] = choices };

    private static JsonArray Colors() =>
    [
        .. Enumerable.Range(0, ColorStops).Select(i =>
        {
            Color color = ColorMap.Inferno.At(i / (ColorStops - 1f));
            return (JsonNode)new JsonArray(color.Red, color.Green, color.Blue);
        }),
    ];

    private static string Script()
    {
        using StreamReader reader = new(typeof(ExplanationPage).Assembly.GetManifestResourceStream("explanation.js")!);
        return reader.ReadToEnd();
    }
}
