namespace Fovea.Detection;

/// <summary>
/// The choice of a pyramid's level for a region, by the square root of its area: level = ⌊canonical level + log₂(√area / canonical size)⌋
/// (Lin et al. 2017, section 4.2).
/// </summary>
/// <param name="Lowest">The finest level that regions are taken from, such as 2 for stride 4.</param>
/// <param name="Highest">The coarsest level that regions are taken from.</param>
internal sealed record LevelMapper(int Lowest, int Highest)
{
    /// <summary>Side in pixels of the square that lies on the canonical level; 56 in mmdetection.</summary>
    public float CanonicalSize { get; init; } = 224;

    /// <summary>Level of that square; the lowest one in mmdetection.</summary>
    public int CanonicalLevel { get; init; } = 4;

    /// <summary>A small number against rounding at the borders of levels.</summary>
    public float Epsilon { get; init; } = 1e-6f;

    /// <summary>Place of the small number: added to the ratio, as in mmdetection, and not to its logarithm.</summary>
    public bool EpsilonInside { get; init; }

    /// <summary>mmdetection's form.</summary>
    public static LevelMapper Mmdetection(int lowest, int highest) =>
        new(lowest, highest) { CanonicalSize = 56, CanonicalLevel = lowest, EpsilonInside = true };

    /// <summary>Level of a box, counted from the lowest.</summary>
    public int IndexOf(ReadOnlySpan<float> box)
    {
        float ratio = MathF.Sqrt(Boxes.Area(box)) / CanonicalSize;
        float level = MathF.Floor(
            EpsilonInside ? CanonicalLevel + MathF.Log2(ratio + Epsilon) : CanonicalLevel + MathF.Log2(ratio) + Epsilon);

        // A box that is turned around has no level; the finest one asks least of it.
        return float.IsNaN(level) ? 0 : (int)Math.Clamp(level, Lowest, Highest) - Lowest;
    }
}
