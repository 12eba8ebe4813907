using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Arguments of operations by magnitude, in the ranges of timm.</summary>
internal static class TimmMagnitudes
{
    /// <summary>The magnitude at which an operation has the end of its range.</summary>
    public const double Whole = 10;

    /// <summary>The argument of an operation; the sign of those that have one is drawn.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="magnitude">From 0; <see cref="Whole"/> is the end of the range.</param>
    /// <param name="increasing">True for ranges along which every operation changes more.</param>
    /// <param name="sample">The sample, whose size moves depend on.</param>
    /// <param name="random">The draws.</param>
    public static double Argument(
        PixelOperation operation, double magnitude, bool increasing, Sample sample, ref KeyedRandom random)
    {
        double level = magnitude / Whole;
        return operation switch
        {
            PixelOperation.Rotate => Signed(level * 30, ref random),
            PixelOperation.ShearX or PixelOperation.ShearY => Signed(level * 0.3, ref random),
            PixelOperation.TranslateX => Signed(level * 0.45, ref random) * sample.Width,
            PixelOperation.TranslateY => Signed(level * 0.45, ref random) * sample.Height,
            PixelOperation.Posterize => Math.Clamp(increasing ? 4 - (int)(level * 4) : (int)(level * 4), 0, 8),
            PixelOperation.Solarize => increasing ? 256 - (int)(level * 256) : (int)(level * 256),
            PixelOperation.SolarizeAdd => (int)(level * 110),
            PixelOperation.Color or PixelOperation.Contrast or PixelOperation.Brightness or PixelOperation.Sharpness =>
                increasing ? Math.Max(0.1, 1 + Signed(level * 0.9, ref random)) : (level * 1.8) + 0.1,
            _ => 0,
        };
    }

    private static double Signed(double value, ref KeyedRandom random) => random.NextBoolean(0.5) ? -value : value;
}
