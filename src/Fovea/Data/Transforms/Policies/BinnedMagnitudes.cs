namespace Fovea.Data;

/// <summary>Arguments of operations by the number of a bin, in the form of torchvision: equal steps in single precision.</summary>
/// <param name="Bins">Number of bins.</param>
/// <param name="Shear">Largest shear.</param>
/// <param name="Degrees">Largest angle.</param>
/// <param name="Enhancement">Largest distance of a factor from 1.</param>
/// <param name="PosterizedBits">Largest number of bits that posterize drops.</param>
internal sealed record BinnedMagnitudes(int Bins, float Shear, float Degrees, float Enhancement, int PosterizedBits)
{
    /// <summary>True for operations whose argument may be negative.</summary>
    /// <param name="operation">The operation.</param>
    public static bool IsSigned(PixelOperation operation) => operation is PixelOperation.ShearX or PixelOperation.ShearY
        or PixelOperation.TranslateX or PixelOperation.TranslateY or PixelOperation.Rotate or PixelOperation.Brightness
        or PixelOperation.Color or PixelOperation.Contrast or PixelOperation.Sharpness;

    /// <summary>The argument of an operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="bin">Number of the bin, from 0.</param>
    /// <param name="negative">True for the opposite sign, of operations that have one.</param>
    /// <param name="longestMove">Longest move along the operation's axis, in pixels.</param>
    public double Argument(PixelOperation operation, int bin, bool negative, float longestMove)
    {
        double sign = negative ? -1 : 1;
        return operation switch
        {
            PixelOperation.ShearX or PixelOperation.ShearY => sign * Step(0, Shear, bin),
            PixelOperation.Rotate => sign * Step(0, Degrees, bin),

            // torchvision moves to the right where it is positive, and by whole pixels.
            PixelOperation.TranslateX or PixelOperation.TranslateY => -(int)(sign * Step(0, longestMove, bin)),
            PixelOperation.Brightness or PixelOperation.Color or PixelOperation.Contrast or PixelOperation.Sharpness =>
                1.0 + (sign * Step(0, Enhancement, bin)),
            PixelOperation.Posterize => 8 - (int)MathF.Round(bin / ((Bins - 1) / (float)PosterizedBits)),
            PixelOperation.Solarize => Step(255, 0, bin),
            _ => 0,
        };
    }

    /// <summary>A value of torch's <c>linspace</c>, which counts from the nearer end.</summary>
    private float Step(float first, float last, int bin)
    {
        float step = (last - first) / (Bins - 1);
        return bin < Bins / 2 ? first + (step * bin) : last - (step * (Bins - bin - 1));
    }
}
