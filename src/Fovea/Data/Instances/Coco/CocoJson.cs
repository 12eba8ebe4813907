using System.Text.Json.Serialization;

namespace Fovea.Data;

/// <summary>Generated code for COCO's JSON files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    Converters = [typeof(CocoCrowdConverter)])]
[JsonSerializable(typeof(CocoJsonDocument))]
[JsonSerializable(typeof(List<CocoJsonObject>), TypeInfoPropertyName = "Results")]
internal sealed partial class CocoJson : JsonSerializerContext;

/// <summary>File of annotations; members that nobody needs are passed over.</summary>
internal sealed class CocoJsonDocument
{
    public List<CocoJsonImage?>? Images { get; set; }

    public List<CocoJsonCategory?>? Categories { get; set; }

    public List<CocoJsonObject?>? Annotations { get; set; }
}

/// <summary>Entry of <c>images</c>.</summary>
internal sealed class CocoJsonImage
{
    public long? Id { get; set; }

    public string? FileName { get; set; }

    public int? Width { get; set; }

    public int? Height { get; set; }
}

/// <summary>Entry of <c>categories</c>.</summary>
internal sealed class CocoJsonCategory
{
    public long? Id { get; set; }

    public string? Name { get; set; }
}

/// <summary>Entry of <c>annotations</c> or of a file of results.</summary>
internal sealed class CocoJsonObject
{
    public long? Id { get; set; }

    public long? ImageId { get; set; }

    public long? CategoryId { get; set; }

    public double[]? Bbox { get; set; }

    public double? Area { get; set; }

    public double? Score { get; set; }

    public bool? Iscrowd { get; set; }

    public CocoSegmentation? Segmentation { get; set; }
}
