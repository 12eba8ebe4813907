using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Drawing;

namespace Fovea.Explanations;

/// <summary>Maps as bytes: each map's numbers from its least (0) to its most (255), which stand beside them as text.</summary>
internal sealed class QuantizedMaps
{
    private readonly List<byte> _bytes = [];
    private readonly JsonArray _least = [];
    private readonly JsonArray _most = [];

    /// <summary>Adds a map.</summary>
    /// <param name="map">The numbers, row by row.</param>
    public void Add(ReadOnlySpan<float> map)
    {
        (float least, float most) = MapSampling.Range(map);
        float scale = most > least ? 255 / (most - least) : 0;
        foreach (float value in map)
        {
            _bytes.Add((byte)MathF.Round(Math.Clamp((value - least) * scale, 0, 255)));
        }

        _least.Add((JsonNode)Text(least));
        _most.Add((JsonNode)Text(most));
    }

    /// <summary>All maps as a choice of the page.</summary>
    /// <param name="label">Name of the choice.</param>
    /// <param name="note">Line below the picture; may be empty.</param>
    public JsonObject ToJson(string label, string note = "") => new()
    {
        ["label"] = label,
        ["note"] = note,
        ["least"] = _least,
        ["most"] = _most,
        ["data"] = Convert.ToBase64String([.. _bytes]),
    };

    private static string Text(float value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
