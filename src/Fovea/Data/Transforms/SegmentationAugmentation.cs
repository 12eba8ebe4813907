using System.Text.Json.Nodes;

namespace Fovea.Data;

/// <summary>Random changes to training images whose pixels have classes, which carry the label map along.</summary>
/// <remarks>
/// The steps, in order: quarter turn, scale, window of the network's input, mirror, colours, normalisation. Images smaller than the input
/// lie in its upper left corner, with zeros and pixels that are left out beyond them. Defaults are those of mmsegmentation's recipes.
/// </remarks>
public sealed record SegmentationAugmentation
{
    /// <summary>Smallest scale of the size of evaluation.</summary>
    public double MinScale { get; init; } = 0.5;

    /// <summary>Largest scale of the size of evaluation.</summary>
    public double MaxScale { get; init; } = 2;

    /// <summary>Largest factor between the scales of width and height; 1 keeps the proportions.</summary>
    public double Stretch { get; init; } = 1;

    /// <summary>Share of a window's labelled pixels that each class stays below, as far as ten windows allow; 1 for any window.</summary>
    public double MaxClassShare { get; init; } = 0.75;

    /// <summary>Probability of mirroring left to right.</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>True to turn images by a random number of quarters of a circle.</summary>
    public bool QuarterTurns { get; init; }

    /// <summary>Changes of colour; null for none.</summary>
    public PhotometricDistortion? PhotometricDistortion { get; init; }

    /// <summary>Checks that the members make sense.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        OptionCheck check = new(nameof(SegmentationAugmentation));
        check.Require(MinScale > 0, nameof(MinScale), "above 0", MinScale);
        check.Require(MaxScale >= MinScale && MaxScale <= 100, nameof(MaxScale), $"from {nameof(MinScale)} to 100", MaxScale);
        check.Require(Stretch is >= 1 and <= 10, nameof(Stretch), "from 1 to 10", Stretch);
        check.Require(MaxClassShare is > 0 and <= 1, nameof(MaxClassShare), "above 0 and at most 1", MaxClassShare);
        check.RequireProbability(FlipProbability, nameof(FlipProbability));
    }

    /// <summary>Transforms of a training image, normalisation included.</summary>
    /// <param name="preprocessing">The network's input: windows have its height and width.</param>
    public IReadOnlyList<ISampleTransform> Chain(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        List<ISampleTransform> chain =
        [
            new Orient(preprocessing),
            .. QuarterTurns ? [new QuarterTurn()] : Array.Empty<ISampleTransform>(),
            new RandomScale(preprocessing) { MinScale = MinScale, MaxScale = MaxScale, Stretch = Stretch },
            new LabelledCrop(preprocessing.Width, preprocessing.Height) { MaxClassShare = MaxClassShare },
            new HorizontalFlip(FlipProbability),
        ];
        if (PhotometricDistortion is not null)
        {
            chain.Add(PhotometricDistortion);
        }

        return [.. chain, new Normalize(preprocessing)];
    }

    /// <summary>Record with the initial values of the records that JSON has, too: colours keep their channels.</summary>
    internal static SegmentationAugmentation? Initial(JsonNode? json) => json is null ? null : new SegmentationAugmentation
    {
        PhotometricDistortion = (json as JsonObject)?["photometricDistortion"] is null
            ? null
            : new PhotometricDistortion { ExchangesChannels = false },
    };
}
