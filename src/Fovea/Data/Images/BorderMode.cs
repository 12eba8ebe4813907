using System.Text.Json.Serialization;

namespace Fovea.Data;

/// <summary>Pixels beyond the border of an image that a window is cut out of.</summary>
[JsonConverter(typeof(EnumWords<BorderMode>))]
public enum BorderMode
{
    /// <summary>Black.</summary>
    Black,

    /// <summary>The mirror image, the pixels at the border not doubled.</summary>
    Reflect,
}
