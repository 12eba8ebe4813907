using System.Text.Json.Nodes;
using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Random changes to training images with objects, which carry boxes and masks along.</summary>
/// <remarks>
/// The steps, in order: quarter turn, mosaic, window, resize, mirror, colours, normalisation. Of the ways to resize, the first that is
/// given is taken: <see cref="ScaleJitter"/>, <see cref="ResizeOrCrop"/>, <see cref="ShortSides"/>; else images have the size of
/// evaluation.
/// </remarks>
public sealed record ObjectAugmentation
{
    /// <summary>Probability of mirroring left to right.</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>True to turn images by a random number of quarters of a circle.</summary>
    public bool QuarterTurns { get; init; }

    /// <summary>Shorter sides in pixels, one of which is drawn for each image; empty for that of the preprocessing.</summary>
    public IReadOnlyList<int> ShortSides { get; init; } = [];

    /// <summary>Large-scale jitter; null for none.</summary>
    public ScaleJitter? ScaleJitter { get; init; }

    /// <summary>True for the policy of DETR: half of the images are cut before they are resized.</summary>
    public bool ResizeOrCrop { get; init; }

    /// <summary>Random window before the resize; null for none.</summary>
    public ObjectCrop? Crop { get; init; }

    /// <summary>Changes of colour; null for none.</summary>
    public PhotometricDistortion? PhotometricDistortion { get; init; }

    /// <summary>Probability of showing four images in one.</summary>
    public double MosaicProbability { get; init; }

    /// <summary>Side in pixels of each of the images of a mosaic.</summary>
    public int MosaicSide { get; init; } = 640;

    /// <summary>Checks that the members make sense.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        OptionCheck check = new(nameof(ObjectAugmentation));
        check.RequireProbability(FlipProbability, nameof(FlipProbability));
        check.RequireProbability(MosaicProbability, nameof(MosaicProbability));
        check.Require(MosaicSide >= 1, nameof(MosaicSide), "at least 1", MosaicSide);
        check.Require(ShortSides.All(side => side >= 1), nameof(ShortSides), "numbers of pixels", string.Join(", ", ShortSides));
    }

    /// <summary>Transforms of a training image, normalisation included.</summary>
    /// <param name="preprocessing">The network's input.</param>
    /// <param name="source">The training set, which a mosaic takes its other images from.</param>
    public IReadOnlyList<ISampleTransform> Chain(Preprocessing preprocessing, IInstanceDataset source)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        int longSide = preprocessing.LongerSide > 0 ? preprocessing.LongerSide : int.MaxValue;
        ShortSideResize sides = new(ShortSides.Count > 0 ? ShortSides : [preprocessing.ResizeTo], longSide)
        {
            Interpolation = preprocessing.Interpolation,
        };
        ISampleTransform resize = ScaleJitter is not null ? ScaleJitter
            : ResizeOrCrop ? new ResizeOrCrop(sides)
            : ShortSides.Count > 0 ? sides
            : new ResizeAndCrop(preprocessing);
        List<ISampleTransform> chain = [new Orient(preprocessing)];
        if (QuarterTurns)
        {
            chain.Add(new QuarterTurn());
        }

        if (MosaicProbability > 0)
        {
            chain.Add(new Mosaic(source, MosaicSide) { Probability = MosaicProbability });
        }

        if (Crop is not null)
        {
            chain.Add(Crop);
        }

        chain.AddRange([resize, new HorizontalFlip(FlipProbability)]);
        if (PhotometricDistortion is not null)
        {
            chain.Add(PhotometricDistortion);
        }

        return [.. chain, new Normalize(preprocessing)];
    }

    /// <summary>Record with the initial values of the records that JSON has, too.</summary>
    internal static ObjectAugmentation? Initial(JsonNode? json)
    {
        JsonObject? members = json as JsonObject;
        return json is null ? null : new ObjectAugmentation
        {
            ScaleJitter = Has("scaleJitter") ? new ScaleJitter() : null,
            Crop = Has("crop") ? new ObjectCrop() : null,
            PhotometricDistortion = Has("photometricDistortion") ? new PhotometricDistortion() : null,
        };

        bool Has(string member) => members?[member] is not null;
    }
}

/// <summary>Takes an image as a preprocessing does: upright, or as its file stores it. Draws nothing.</summary>
/// <param name="Input">The preprocessing.</param>
internal sealed record Orient(Preprocessing Input) : ISampleTransform
{
    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random) => sample.Orient(Input);
}
