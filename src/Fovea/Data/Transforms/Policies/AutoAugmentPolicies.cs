using static Fovea.Data.PixelOperation;

namespace Fovea.Data;

/// <summary>The policies of AutoAugment's paper, a pair of operations a line.</summary>
internal static class AutoAugmentPolicies
{
    private static readonly PolicyStep[] _imageNet =
    [
        new(Posterize, 0.4, 8), new(Rotate, 0.6, 9),
        new(Solarize, 0.6, 5), new(AutoContrast, 0.6),
        new(Equalize, 0.8), new(Equalize, 0.6),
        new(Posterize, 0.6, 7), new(Posterize, 0.6, 6),
        new(Equalize, 0.4), new(Solarize, 0.2, 4),
        new(Equalize, 0.4), new(Rotate, 0.8, 8),
        new(Solarize, 0.6, 3), new(Equalize, 0.6),
        new(Posterize, 0.8, 5), new(Equalize, 1),
        new(Rotate, 0.2, 3), new(Solarize, 0.6, 8),
        new(Equalize, 0.6), new(Posterize, 0.4, 6),
        new(Rotate, 0.8, 8), new(Color, 0.4, 0),
        new(Rotate, 0.4, 9), new(Equalize, 0.6),
        new(Equalize, 0), new(Equalize, 0.8),
        new(Invert, 0.6), new(Equalize, 1),
        new(Color, 0.6, 4), new(Contrast, 1, 8),
        new(Rotate, 0.8, 8), new(Color, 1, 2),
        new(Color, 0.8, 8), new(Solarize, 0.8, 7),
        new(Sharpness, 0.4, 7), new(Invert, 0.6),
        new(ShearX, 0.6, 5), new(Equalize, 1),
        new(Color, 0.4, 0), new(Equalize, 0.6),
        new(Equalize, 0.4), new(Solarize, 0.2, 4),
        new(Solarize, 0.6, 5), new(AutoContrast, 0.6),
        new(Invert, 0.6), new(Equalize, 1),
        new(Color, 0.6, 4), new(Contrast, 1, 8),
        new(Equalize, 0.8), new(Equalize, 0.6),
    ];

    private static readonly PolicyStep[] _cifar10 =
    [
        new(Invert, 0.1), new(Contrast, 0.2, 6),
        new(Rotate, 0.7, 2), new(TranslateX, 0.3, 9),
        new(Sharpness, 0.8, 1), new(Sharpness, 0.9, 3),
        new(ShearY, 0.5, 8), new(TranslateY, 0.7, 9),
        new(AutoContrast, 0.5), new(Equalize, 0.9),
        new(ShearY, 0.2, 7), new(Posterize, 0.3, 7),
        new(Color, 0.4, 3), new(Brightness, 0.6, 7),
        new(Sharpness, 0.3, 9), new(Brightness, 0.7, 9),
        new(Equalize, 0.6), new(Equalize, 0.5),
        new(Contrast, 0.6, 7), new(Sharpness, 0.6, 5),
        new(Color, 0.7, 7), new(TranslateX, 0.5, 8),
        new(Equalize, 0.3), new(AutoContrast, 0.4),
        new(TranslateY, 0.4, 3), new(Sharpness, 0.2, 6),
        new(Brightness, 0.9, 6), new(Color, 0.2, 8),
        new(Solarize, 0.5, 2), new(Invert, 0),
        new(Equalize, 0.2), new(AutoContrast, 0.6),
        new(Equalize, 0.2), new(Equalize, 0.6),
        new(Color, 0.9, 9), new(Equalize, 0.6),
        new(AutoContrast, 0.8), new(Solarize, 0.2, 8),
        new(Brightness, 0.1, 3), new(Color, 0.7, 0),
        new(Solarize, 0.4, 5), new(AutoContrast, 0.9),
        new(TranslateY, 0.9, 9), new(TranslateY, 0.7, 9),
        new(AutoContrast, 0.9), new(Solarize, 0.8, 3),
        new(Equalize, 0.8), new(Invert, 0.1),
        new(TranslateY, 0.7, 9), new(AutoContrast, 0.9),
    ];

    /// <summary>The 25 pairs for ImageNet.</summary>
    public static ReadOnlySpan<PolicyStep> ImageNet => _imageNet;

    /// <summary>The 25 pairs for CIFAR-10.</summary>
    public static ReadOnlySpan<PolicyStep> Cifar10 => _cifar10;
}
