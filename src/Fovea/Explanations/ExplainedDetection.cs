using Fovea.Data;

namespace Fovea.Explanations;

/// <summary>A detection that is explained.</summary>
/// <param name="Index">Its number among those that the detector lists, surest first, counted from 0.</param>
/// <param name="Class">Name of its class.</param>
/// <param name="Score">Its score, 0 to 1.</param>
/// <param name="Box">Its box in pixels of the image, with the index of the class.</param>
public sealed record ExplainedDetection(int Index, string Class, float Score, Box Box)
{
    /// <summary>Point in the middle of the box.</summary>
    internal ImagePoint Centre => new((Box.Left + Box.Right) / 2.0, (Box.Top + Box.Bottom) / 2.0);
}
