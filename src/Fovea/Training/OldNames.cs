using System.Text.Json.Nodes;

namespace Fovea.Training;

/// <summary>Member names of earlier versions in the options of a run, so that their run folders can still be read.</summary>
internal static class OldNames
{
    private static readonly Dictionary<string, string> _newNames = new()
    {
        // 0.1.0
        ["averageDecay"] = "emaDecay",
        ["minimumRate"] = "minLearningRate",
        ["minimumScale"] = "minScale",
        ["maximumScale"] = "maxScale",
        ["minimumRatio"] = "minRatio",
        ["maximumRatio"] = "maxRatio",
    };

    /// <summary>Copy of an object, and of the objects in it, with today's member names.</summary>
    /// <param name="json">An object as any version wrote it.</param>
    public static JsonObject Renew(JsonObject json) => new(json.Select(member => KeyValuePair.Create(
        _newNames.GetValueOrDefault(member.Key, member.Key),
        member.Value is JsonObject inner ? Renew(inner) : member.Value?.DeepClone())));
}
