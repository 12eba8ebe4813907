namespace Fovea.Data;

/// <summary>An object as an annotation states it, which may lie anywhere.</summary>
/// <param name="Left">Left edge in pixels.</param>
/// <param name="Top">Upper edge in pixels.</param>
/// <param name="Right">Right edge in pixels.</param>
/// <param name="Bottom">Lower edge in pixels.</param>
/// <param name="Label">Index of the class.</param>
internal sealed record AnnotatedObject(double Left, double Top, double Right, double Bottom, int Label)
{
    /// <summary>True for what is neither learnt nor counted.</summary>
    public bool IsCrowd { get; init; }

    /// <summary>Area as the annotation states it; null where it does not.</summary>
    public double? Area { get; init; }

    /// <summary>Draws the mask; null where there is none.</summary>
    public Func<RunLengthMask>? Mask { get; init; }
}
