using System.Text.Json.Serialization;

namespace Fovea.Data;

/// <summary>Interpolation of an image that is resized, rotated, sheared or moved.</summary>
[JsonConverter(typeof(EnumWords<Interpolation>))]
public enum Interpolation
{
    /// <summary>A triangle over 2 source pixels, wider when shrinking.</summary>
    Bilinear,

    /// <summary>
    /// Keys' cubic over 4 source pixels. When resizing a = −1/2, and wider when shrinking; when rotating, shearing or moving a = −1, as
    /// Pillow has it.
    /// </summary>
    Bicubic,

    /// <summary>The nearest source pixel.</summary>
    Nearest,
}
