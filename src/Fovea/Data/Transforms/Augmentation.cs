using System.Text.Json.Nodes;
using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Random changes to training images, as options: the usual chain of transforms with its parameters.</summary>
/// <remarks>
/// The chain, in order: <see cref="RandomResizedCrop"/> (otherwise <see cref="ResizeAndCrop"/>), <see cref="PaddingCrop"/>,
/// <see cref="HorizontalFlip"/>, a policy (<see cref="RandAugment"/>, <see cref="AutoAugment"/>, <see cref="TrivialAugment"/> or
/// <see cref="ThreeAugment"/>), <see cref="ColorJitter"/>, <see cref="Greyscale"/>, <see cref="GaussianBlur"/>, further transforms of one's
/// own, <see cref="Normalize"/>, <see cref="RandomErasing"/>. That is timm's order.
/// </remarks>
public sealed record Augmentation
{
    /// <summary>Probability of mirroring left to right.</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>Pixels added on every side before a random window of the input's size is cut out; 0 for none.</summary>
    public int CropPadding { get; init; }

    /// <summary>Pixels that <see cref="CropPadding"/> adds.</summary>
    public BorderMode CropBorder { get; init; }

    /// <summary>True to cut a window of random area and shape out and resize it to the input's size.</summary>
    public bool ResizedCrop { get; init; }

    /// <summary>Smallest share of the image's area that <see cref="ResizedCrop"/> takes.</summary>
    public double MinScale { get; init; } = 0.08;

    /// <summary>Largest share of the image's area that <see cref="ResizedCrop"/> takes.</summary>
    public double MaxScale { get; init; } = 1;

    /// <summary>Smallest aspect ratio, width by height, that <see cref="ResizedCrop"/> takes.</summary>
    public double MinRatio { get; init; } = 3.0 / 4;

    /// <summary>Largest aspect ratio, width by height, that <see cref="ResizedCrop"/> takes.</summary>
    public double MaxRatio { get; init; } = 4.0 / 3;

    /// <summary>RandAugment, with the preprocessing's filter and mean where it names none; null for none.</summary>
    public RandAugment? RandAugment { get; init; }

    /// <summary>AutoAugment; null for none.</summary>
    public AutoAugment? AutoAugment { get; init; }

    /// <summary>TrivialAugment; null for none.</summary>
    public TrivialAugment? TrivialAugment { get; init; }

    /// <summary>3-Augment; null for none.</summary>
    public ThreeAugment? ThreeAugment { get; init; }

    /// <summary>Changes of brightness, contrast, saturation and hue; null for none.</summary>
    public ColorJitter? ColorJitter { get; init; }

    /// <summary>Probability of taking the colour from an image.</summary>
    public double GreyscaleProbability { get; init; }

    /// <summary>Gaussian blur; null for none.</summary>
    public GaussianBlur? GaussianBlur { get; init; }

    /// <summary>
    /// Probability of erasing (setting to the mean) a random window in torchvision's ranges: 2–33 % of the area, aspect ratio 0.3–3.3.
    /// </summary>
    public double ErasingProbability { get; init; }

    /// <summary>Random erasing with its ranges and values, in place of <see cref="ErasingProbability"/>; null for that one.</summary>
    public RandomErasing? Erasing { get; init; }

    /// <summary>
    /// Copies of each image in an epoch, each changed in its own way (repeated augmentation, arXiv 1902.05509, as DeiT has it). An epoch
    /// keeps its length: with 3 copies it shows a third of the images, drawn anew each time, copies side by side.
    /// </summary>
    public int Repeats { get; init; } = 1;

    /// <summary>Checks that the options are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    public void Validate()
    {
        Require(FlipProbability is >= 0 and <= 1, $"the flip probability must be from 0 to 1, not {FlipProbability}");
        Require(ErasingProbability is >= 0 and <= 1, $"the erasing probability must be from 0 to 1, not {ErasingProbability}");
        Require(CropPadding is >= 0 and <= Image.MaxSide, $"the crop padding must be 0 or a number of pixels, not {CropPadding}");
        Require(MinScale > 0 && MinScale <= MaxScale && MaxScale <= 1, $"the scale {MinScale}–{MaxScale} must lie within 0–1");
        Require(MinRatio > 0 && MinRatio <= MaxRatio && double.IsFinite(MaxRatio), $"the ratio {MinRatio}–{MaxRatio} is not a range");
        OptionCheck check = new(nameof(Augmentation));
        check.RequireProbability(GreyscaleProbability, nameof(GreyscaleProbability));
        check.Require(Repeats >= 1, nameof(Repeats), "at least 1", Repeats);
        ISampleTransform[] policies = [.. Policies()];
        Require(policies.Length <= 1, $"only one of {string.Join(" and ", policies.Select(policy => policy.GetType().Name))} can be used");
        Require(
            Erasing is null || ErasingProbability == 0,
            $"{nameof(ErasingProbability)} must be left out where {nameof(Erasing)} is given");
        RandAugment?.Validate();
        ThreeAugment?.Validate();
        ColorJitter?.Validate();
        GaussianBlur?.Validate();
        Erasing?.Validate();

        static void Require(bool condition, string problem)
        {
            if (!condition)
            {
                throw new ArgumentException($"Augmentation: {problem}.");
            }
        }
    }

    /// <summary>The transforms that these options stand for.</summary>
    /// <param name="preprocessing">The network's input: size, channels, filter, normalisation.</param>
    /// <param name="further">Transforms of one's own, applied to pixels after crop and flip, before normalisation.</param>
    public IReadOnlyList<ISampleTransform> Chain(Preprocessing preprocessing, params IReadOnlyList<ISampleTransform> further)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        ISampleTransform fit = ResizedCrop
            ? new RandomResizedCrop(preprocessing) { MinScale = MinScale, MaxScale = MaxScale, MinRatio = MinRatio, MaxRatio = MaxRatio }
            : new ResizeAndCrop(preprocessing);
        RandAugment? completed = RandAugment is null ? null : RandAugment with
        {
            Interpolation = RandAugment.Interpolation ?? preprocessing.Interpolation,
            Fill = RandAugment.Fill ?? Rgb.MeanOf(preprocessing),
        };
        return
        [
            fit,
            new PaddingCrop(CropPadding, CropBorder),
            new HorizontalFlip(FlipProbability),
            .. (this with { RandAugment = completed }).Policies(),
            .. Present(ColorJitter),
            new Greyscale(GreyscaleProbability),
            .. Present(GaussianBlur),
            .. further,
            new Normalize(preprocessing),
            Erasing ?? new RandomErasing(ErasingProbability) { MaxArea = 0.33, MaxRatio = 3.3 },
        ];
    }

    /// <summary>Prepares one image as a loader does for a training step.</summary>
    /// <param name="image">The image, of any size.</param>
    /// <param name="preprocessing">The network's input: size, channels, filter, normalisation.</param>
    /// <param name="random">The image's draws; it moves on.</param>
    /// <param name="destination">Takes (Height, Width, Channels), <see cref="Preprocessing.Length"/> floats.</param>
    /// <exception cref="UnusableDataException">
    /// The image does not have the input's size and neither resize nor crop may change that.
    /// </exception>
    public void Apply(Image image, Preprocessing preprocessing, ref KeyedRandom random, Span<float> destination)
    {
        using Sample sample = new();
        sample.Start(image);
        foreach (ISampleTransform transform in Chain(preprocessing))
        {
            transform.Apply(sample, ref random);
        }

        sample.Values.CopyTo(destination);
    }

    /// <summary>Values that members have which a file leaves out; null where it has no such object.</summary>
    /// <param name="json">The object of the file.</param>
    internal static Augmentation? Initial(JsonNode? json)
    {
        JsonObject? members = json as JsonObject;
        return json is null ? null : new Augmentation
        {
            RandAugment = Has("randAugment") ? new RandAugment() : null,
            AutoAugment = Has("autoAugment") ? new AutoAugment() : null,
            TrivialAugment = Has("trivialAugment") ? new TrivialAugment() : null,
            ThreeAugment = Has("threeAugment") ? new ThreeAugment() : null,
            ColorJitter = Has("colorJitter") ? new ColorJitter() : null,
            GaussianBlur = Has("gaussianBlur") ? new GaussianBlur() : null,
            Erasing = Has("erasing") ? new RandomErasing() : null,
        };

        bool Has(string member) => members?[member] is not null;
    }

    private IEnumerable<ISampleTransform> Policies() =>
        [.. Present(RandAugment), .. Present(AutoAugment), .. Present(TrivialAugment), .. Present(ThreeAugment)];

    private static ISampleTransform[] Present(ISampleTransform? transform) => transform is null ? [] : [transform];
}
