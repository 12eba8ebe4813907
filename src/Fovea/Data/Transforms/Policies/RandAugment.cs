using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// RandAugment (arXiv 1909.13719) as timm has it: a few operations drawn from fifteen, each applied with a probability at about the same
/// magnitude. The defaults are timm's <c>rand-m9-mstd0.5-inc1</c>.
/// </summary>
/// <remarks>Boxes and masks are carried along, see <see cref="Sample.Warp"/>.</remarks>
public sealed record RandAugment : ISampleTransform
{
    private static readonly PixelOperation[] _operations =
    [
        PixelOperation.AutoContrast,
        PixelOperation.Equalize,
        PixelOperation.Invert,
        PixelOperation.Rotate,
        PixelOperation.Posterize,
        PixelOperation.Solarize,
        PixelOperation.SolarizeAdd,
        PixelOperation.Color,
        PixelOperation.Contrast,
        PixelOperation.Brightness,
        PixelOperation.Sharpness,
        PixelOperation.ShearX,
        PixelOperation.ShearY,
        PixelOperation.TranslateX,
        PixelOperation.TranslateY,
    ];

    /// <summary>Mean strength of the operations, 0 to <see cref="MaxMagnitude"/>; timm's <c>m</c>.</summary>
    public double Magnitude { get; init; } = 9;

    /// <summary>
    /// Standard deviation of the magnitude, which is drawn for each operation; 0 for none, infinity for a magnitude drawn evenly from 0 to
    /// <see cref="Magnitude"/>. timm's <c>mstd</c>.
    /// </summary>
    public double MagnitudeDeviation { get; init; } = 0.5;

    /// <summary>Bound that drawn magnitudes are cut at; timm's <c>mmax</c>.</summary>
    public double MaxMagnitude { get; init; } = TimmMagnitudes.Whole;

    /// <summary>
    /// True where more magnitude means more change for every operation; false for the ranges of the first version, where posterize,
    /// solarize and the mixtures are weakest in between or at the top. timm's <c>inc</c>.
    /// </summary>
    public bool Increasing { get; init; } = true;

    /// <summary>Operations drawn for each image; timm's <c>n</c>.</summary>
    public int Operations { get; init; } = 2;

    /// <summary>Probability that a drawn operation is applied.</summary>
    public double Probability { get; init; } = 0.5;

    /// <summary>
    /// Filter of rotations, shears and moves; in an <see cref="Augmentation"/> null stands for the preprocessing's, otherwise for bicubic.
    /// </summary>
    public Interpolation? Interpolation { get; init; }

    /// <summary>
    /// Colour of what rotations, shears and moves bring into the image; in an <see cref="Augmentation"/> null stands for the
    /// preprocessing's mean, otherwise for a middle grey.
    /// </summary>
    public Rgb? Fill { get; init; }

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        for (int i = 0; i < Operations; i++)
        {
            PixelOperation operation = _operations[random.NextInt32(_operations.Length)];
            if (random.NextBoolean(Probability))
            {
                double argument = TimmMagnitudes.Argument(operation, DrawMagnitude(ref random), Increasing, sample, ref random);
                operation.Apply(argument, sample, Interpolation ?? Data.Interpolation.Bicubic, Fill ?? new Rgb(128, 128, 128));
            }
        }
    }

    /// <summary>Checks that the options are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    internal void Validate()
    {
        OptionCheck check = new(nameof(RandAugment));
        check.Require(MaxMagnitude >= 0 && double.IsFinite(MaxMagnitude), nameof(MaxMagnitude), "at least 0", MaxMagnitude);
        check.Require(Magnitude >= 0 && Magnitude <= MaxMagnitude, nameof(Magnitude), $"from 0 to {MaxMagnitude}", Magnitude);
        check.Require(MagnitudeDeviation >= 0, nameof(MagnitudeDeviation), "at least 0", MagnitudeDeviation);
        check.Require(Operations >= 0, nameof(Operations), "at least 0", Operations);
        check.RequireProbability(Probability, nameof(Probability));
    }

    /// <summary>The magnitude of one operation.</summary>
    /// <param name="random">The draws.</param>
    internal double DrawMagnitude(ref KeyedRandom random)
    {
        double drawn = MagnitudeDeviation == 0 ? Magnitude
            : double.IsPositiveInfinity(MagnitudeDeviation) ? random.NextDouble(0, Magnitude)
            : Magnitude + (MagnitudeDeviation * random.NextNormal());
        return Math.Clamp(drawn, 0, MaxMagnitude);
    }
}
