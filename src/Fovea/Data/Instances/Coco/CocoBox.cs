namespace Fovea.Data;

/// <summary>Rectangle as COCO's files have it: upper left corner and extent, in pixels.</summary>
/// <param name="X">Left edge; 0 is the left edge of the first column.</param>
/// <param name="Y">Upper edge; 0 is the upper edge of the first row.</param>
/// <param name="Width">Width.</param>
/// <param name="Height">Height.</param>
public readonly record struct CocoBox(double X, double Y, double Width, double Height)
{
    /// <summary>Area in pixels: width times height.</summary>
    public double Area => Width * Height;

    /// <summary>True if all four numbers are finite.</summary>
    internal bool IsFinite => double.IsFinite(X) && double.IsFinite(Y) && double.IsFinite(Width) && double.IsFinite(Height);

    /// <summary>Intersection over union of this box, a detection's, and that of a ground truth.</summary>
    /// <param name="truth">The ground truth's box.</param>
    /// <param name="crowd">True if the ground truth is a crowd: then over the detection's area instead of the union.</param>
    /// <returns>From 0 to 1; 0 for boxes that only touch.</returns>
    public double IntersectionOverUnion(in CocoBox truth, bool crowd = false)
    {
        double width = Math.Min(Width + X, truth.Width + truth.X) - Math.Max(X, truth.X);
        double height = Math.Min(Height + Y, truth.Height + truth.Y) - Math.Max(Y, truth.Y);
        if (width <= 0 || height <= 0)
        {
            return 0;
        }

        double intersection = width * height;
        return intersection / (crowd ? Area : Area + truth.Area - intersection);
    }
}
