namespace Fovea.Data;

/// <summary>Operations that policies of augmentation choose from, each with one argument.</summary>
internal enum PixelOperation
{
    /// <summary>None.</summary>
    Identity,

    /// <summary>Channels stretched to 0 to 255.</summary>
    AutoContrast,

    /// <summary>Values made equally frequent.</summary>
    Equalize,

    /// <summary>Values inverted.</summary>
    Invert,

    /// <summary>A rotation; the argument is the angle in degrees, anticlockwise.</summary>
    Rotate,

    /// <summary>Upper bits kept; the argument is their number.</summary>
    Posterize,

    /// <summary>Values inverted from a threshold on, the argument.</summary>
    Solarize,

    /// <summary>Values below 128 raised by the argument.</summary>
    SolarizeAdd,

    /// <summary>Mixture with grey; the argument is the factor.</summary>
    Color,

    /// <summary>Mixture with the mean grey; the argument is the factor.</summary>
    Contrast,

    /// <summary>Mixture with black; the argument is the factor.</summary>
    Brightness,

    /// <summary>Mixture with the smoothed image; the argument is the factor.</summary>
    Sharpness,

    /// <summary>A shear along rows by the argument.</summary>
    ShearX,

    /// <summary>A shear along columns by the argument.</summary>
    ShearY,

    /// <summary>A move to the left by the argument, in pixels.</summary>
    TranslateX,

    /// <summary>A move up by the argument, in pixels.</summary>
    TranslateY,
}

/// <summary>Runs <see cref="PixelOperation"/>s.</summary>
internal static class PixelOperations
{
    /// <summary>Changes a sample; rotations, shears and moves carry boxes and mask along.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="argument">Its argument.</param>
    /// <param name="sample">The sample, not normalised.</param>
    /// <param name="interpolation">Filter of rotations, shears and moves.</param>
    /// <param name="fill">Colour of what they bring into the image.</param>
    public static void Apply(this PixelOperation operation, double argument, Sample sample, Interpolation interpolation, Rgb fill)
    {
        switch (operation)
        {
            case PixelOperation.Identity:
                break;
            case PixelOperation.Rotate:
                sample.Warp(AffineMap.Rotation(sample.Width, sample.Height, argument), interpolation, fill);
                break;
            case PixelOperation.ShearX:
                sample.Warp(AffineMap.ShearX(argument), interpolation, fill);
                break;
            case PixelOperation.ShearY:
                sample.Warp(AffineMap.ShearY(argument), interpolation, fill);
                break;
            case PixelOperation.TranslateX:
                sample.Warp(AffineMap.Translation(argument, 0), interpolation, fill);
                break;
            case PixelOperation.TranslateY:
                sample.Warp(AffineMap.Translation(0, argument), interpolation, fill);
                break;
            default:
                sample.Recolor(operation.Recolor(argument, sample.Buffer));
                break;
        }
    }

    private static PixelBuffer Recolor(this PixelOperation operation, double argument, PixelBuffer pixels) => operation switch
    {
        PixelOperation.AutoContrast => Histograms.AutoContrast(pixels),
        PixelOperation.Equalize => Histograms.Equalize(pixels),
        PixelOperation.Invert => PixelTables.Invert(pixels),
        PixelOperation.Posterize => PixelTables.Posterize(pixels, (int)argument),
        PixelOperation.Solarize => PixelTables.Solarize(pixels, argument),
        PixelOperation.SolarizeAdd => PixelTables.SolarizeAdd(pixels, (int)argument),
        PixelOperation.Color => Enhancements.Color(pixels, argument),
        PixelOperation.Contrast => Enhancements.Contrast(pixels, argument),
        PixelOperation.Brightness => Enhancements.Brightness(pixels, argument),
        PixelOperation.Sharpness => Enhancements.Sharpness(pixels, argument),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "This operation is geometric."),
    };
}
