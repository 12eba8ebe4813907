namespace Fovea.Data;

/// <summary>Interpolation of an image that is resized.</summary>
public enum Interpolation
{
    /// <summary>A triangle over 2 source pixels, wider when shrinking.</summary>
    Bilinear,

    /// <summary>Keys' cubic with a = −1/2 over 4 source pixels, wider when shrinking.</summary>
    Bicubic,
}
