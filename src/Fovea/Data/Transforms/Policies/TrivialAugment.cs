using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// TrivialAugment (arXiv 2103.10158) with wide ranges, as torchvision's <c>TrivialAugmentWide</c> has it: one operation for each image, at
/// a strength drawn from 31.
/// </summary>
/// <remarks>Boxes and masks are carried along, see <see cref="Sample.Warp"/>.</remarks>
public sealed record TrivialAugment : ISampleTransform
{
    private const float LongestMove = 32;

    private static readonly PixelOperation[] _operations =
    [
        PixelOperation.Identity,
        PixelOperation.ShearX,
        PixelOperation.ShearY,
        PixelOperation.TranslateX,
        PixelOperation.TranslateY,
        PixelOperation.Rotate,
        PixelOperation.Brightness,
        PixelOperation.Color,
        PixelOperation.Contrast,
        PixelOperation.Sharpness,
        PixelOperation.Posterize,
        PixelOperation.Solarize,
        PixelOperation.AutoContrast,
        PixelOperation.Equalize,
    ];

    /// <summary>Arguments of the operations.</summary>
    internal static BinnedMagnitudes Magnitudes { get; } = new(31, 0.99f, 135, 0.99f, 6);

    /// <summary>The operations, each as likely as the others.</summary>
    internal static ReadOnlySpan<PixelOperation> Operations => _operations;

    /// <summary>Filter of rotations, shears and moves.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Nearest;

    /// <summary>Colour of what rotations, shears and moves bring into the image.</summary>
    public Rgb Fill { get; init; }

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        PixelOperation operation = _operations[random.NextInt32(_operations.Length)];
        int bin = random.NextInt32(Magnitudes.Bins);
        bool negative = random.NextBoolean(0.5) && BinnedMagnitudes.IsSigned(operation);
        operation.Apply(Magnitudes.Argument(operation, bin, negative, LongestMove), sample, Interpolation, Fill);
    }
}
