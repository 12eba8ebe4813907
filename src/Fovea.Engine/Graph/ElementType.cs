namespace Fovea.Engine.Graph;

/// <summary>Types of the elements of a value.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 single precision: feature maps, weights, losses.</summary>
    Float32,

    /// <summary>32-bit signed integers: labels and indices.</summary>
    Int32,

    /// <summary>8-bit unsigned integers: raw images.</summary>
    UInt8,
}
