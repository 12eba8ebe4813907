using System.Text.Json.Serialization;

namespace Fovea.Models;

/// <summary>Task of a model, which its name tells.</summary>
[JsonConverter(typeof(EnumWords<VisionTask>))]
public enum VisionTask
{
    /// <summary>One class for an image.</summary>
    Classification,

    /// <summary>Objects of an image: classes, boxes, masks.</summary>
    Detection,

    /// <summary>A class for each pixel of an image.</summary>
    Segmentation,
}
