using System.Text.Json;

namespace Fovea.Models;

/// <summary>Changes to a registered model; options that are null stay as the variant has them.</summary>
/// <param name="Classes">Number of classes; 0 for a network without a head.</param>
/// <param name="Height">Rows of the images that position embeddings are made for.</param>
/// <param name="Width">Columns of the images that position embeddings are made for.</param>
/// <param name="DropPath">Probability of dropping the last block's branches in training.</param>
/// <param name="Dropout">Dropout in front of the classifier.</param>
public sealed record ModelOptions(int? Classes = null, int? Height = null, int? Width = null, float? DropPath = null, float? Dropout = null)
{
    /// <summary>Reads what <see cref="ToJson"/> wrote. Names may begin with capitals, and members that are not known are passed over.</summary>
    /// <param name="json">One JSON object.</param>
    /// <exception cref="JsonException">The text is not such an object.</exception>
    internal static ModelOptions FromJson(string json)
    {
        ModelOptions options = new();
        JsonMembers.Read(json, (name, value) => options = value.ValueKind == JsonValueKind.Null ? options : options.With(name, value));
        return options;
    }

    /// <summary>Writes all members as one JSON object on one line.</summary>
    internal string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    private ModelOptions With(string name, JsonElement value) => name.ToLowerInvariant() switch
    {
        "classes" => this with { Classes = value.GetInt32() },
        "height" => this with { Height = value.GetInt32() },
        "width" => this with { Width = value.GetInt32() },
        "droppath" => this with { DropPath = value.GetSingle() },
        "dropout" => this with { Dropout = value.GetSingle() },
        _ => this,
    };
}
