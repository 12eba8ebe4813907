using Fovea.Detection;

namespace Fovea.Models;

/// <summary>Rules of a detector's host code that follow from its options: each place where torchvision and mmdetection differ.</summary>
internal sealed class DetectorRules
{
    // Thresholds of section 3.1 of arXiv 1506.01497, of section 4 of arXiv 1708.02002, and of torchvision and mmdetection.
    private const float SmoothBeta = 1f / 9;
    private const double AnchorFraction = 0.5;
    private const double RegionFraction = 0.25;
    private readonly DetectorOptions _options;

    /// <summary>Makes the rules.</summary>
    /// <param name="options">Options of the detector.</param>
    /// <param name="classes">Number of classes, without background.</param>
    public DetectorRules(DetectorOptions options, int classes)
    {
        _options = options;
        Classes = new RegionClasses(classes, IsTorchvision);
    }

    /// <summary>True for torchvision's form.</summary>
    public bool IsTorchvision => _options.Form == DetectorForm.Torchvision;

    /// <summary>Order of the class logits of a region.</summary>
    public RegionClasses Classes { get; }

    /// <summary>Code of boxes by anchors.</summary>
    public BoxCoder AnchorCoder => new() { BoundedBelow = !IsTorchvision };

    /// <summary>β of the smooth L1 loss of boxes; 0 for L1.</summary>
    public float Beta => IsTorchvision ? SmoothBeta : 0;

    /// <summary>Proposals of an image in training.</summary>
    public int TrainingProposals => _options.TrainingProposals ?? (IsTorchvision ? 2000 : 1000);

    /// <summary>
    /// Multiple that an image's own sides are padded to, beyond which anchors take no part in training; 0 where all take part.
    /// </summary>
    public int ValidMultiple => IsTorchvision ? 0 : 32;

    /// <summary>Choice of the targets of a proposal network.</summary>
    public AnchorTargetOptions ProposalTargets => new(AnchorMatcher(0.7f, 0.3f, leastQuality: 0.3f), AnchorCoder)
    {
        Sampler = new SamplerOptions(_options.AnchorSample, AnchorFraction),
    };

    /// <summary>Choice of RetinaNet's targets.</summary>
    public AnchorTargetOptions RetinaTargets => new(AnchorMatcher(0.5f, 0.4f, leastQuality: 0), AnchorCoder);

    /// <summary>Choice of the regions that heads learn from.</summary>
    public RegionTargetOptions RegionTargets => new(
        IsTorchvision
            ? new MatcherOptions(0.5f, 0.5f)
            : new MatcherOptions(0.5f, 0.5f) { LowQuality = LowQualityMatches.ToThatObject, LeastQuality = 0.5f },
        new SamplerOptions(_options.RegionSample, RegionFraction),
        RegionCoder,
        Classes)
    {
        Objects = IsTorchvision ? ObjectBoxes.Last : ObjectBoxes.First,
    };

    /// <summary>Form of mask targets.</summary>
    public MaskTargetOptions MaskTargets => IsTorchvision ? MaskTargetOptions.Torchvision : MaskTargetOptions.Mmdetection;

    /// <summary>Form of masks put in place.</summary>
    public MaskPastingOptions MaskPasting => IsTorchvision ? MaskPastingOptions.Torchvision : MaskPastingOptions.Mmdetection;

    /// <summary>Choice of detections among regions.</summary>
    public RegionDetectionOptions RegionDetection => new(RegionCoder, Classes)
    {
        ScoreAbove = _options.ScoreThreshold,
        ShortestSide = IsTorchvision ? 1e-2f : 0,
        Suppression = new SuppressionOptions(_options.DetectionOverlap),
    };

    /// <summary>Choice of detections among anchors.</summary>
    public AnchorDetectionOptions AnchorDetection => new(AnchorCoder, Classes.Count)
    {
        ScoreAbove = _options.ScoreThreshold,
        PerLevel = _options.CandidatesPerLevel,
        Suppression = new SuppressionOptions(_options.DetectionOverlap),
    };

    private BoxCoder RegionCoder => IsTorchvision
        ? new BoxCoder { Weights = new CodeNumbers(10, 10, 5, 5) }
        : BoxCoder.FromDeviations(new CodeNumbers(0.1f, 0.1f, 0.2f, 0.2f));

    /// <summary>Largest number of regions of objects in an image's sample.</summary>
    public int ObjectRegions => (int)(_options.RegionSample * RegionFraction);

    /// <summary>Choice of proposals.</summary>
    /// <param name="perLevel">Proposals that each level gives.</param>
    public ProposalOptions Proposals(int perLevel) => new(perLevel, AnchorCoder)
    {
        ShortestSide = IsTorchvision ? 1e-3f : 0,
        Suppression = new SuppressionOptions(_options.ProposalOverlap),
    };

    /// <summary>Level of the pyramid that a region is read from.</summary>
    /// <param name="strides">Strides of the levels, the finest first.</param>
    public LevelMapper LevelMapper(IReadOnlyList<int> strides)
    {
        int lowest = int.Log2(strides[0]);
        int highest = lowest + strides.Count - 1;

        // mmdetection counts levels from the finest, whose regions begin at 56 pixels where its stride is 4.
        return IsTorchvision ? new LevelMapper(lowest, highest) : Detection.LevelMapper.Mmdetection(lowest, highest);
    }

    /// <summary>Pooling of regions.</summary>
    /// <param name="side">Rows and columns of a pooled region.</param>
    /// <param name="strides">Strides of the levels that regions are read from.</param>
    public RoiAlign Pooling(int side, IReadOnlyList<int> strides) => new(
        side, side, [.. strides.Select(stride => 1f / stride)], SamplingRatio: IsTorchvision ? 2 : 0, Aligned: !IsTorchvision);

    /// <summary>Anchors of a pyramid.</summary>
    /// <param name="strides">Strides of the levels, the finest first.</param>
    /// <param name="octave">True for RetinaNet's three sizes in each octave.</param>
    public AnchorGenerator Anchors(IReadOnlyList<int> strides, bool octave)
    {
        AnchorLevel[] levels = [.. strides.Select((stride, level) => Level(stride, level, octave))];
        return new AnchorGenerator(levels, rounded: IsTorchvision);
    }

    private AnchorLevel Level(int stride, int level, bool octave)
    {
        if (_options.AnchorSizes.Count > 0)
        {
            return new AnchorLevel(_options.AnchorSizes[Math.Min(level, _options.AnchorSizes.Count - 1)], _options.AnchorRatios)
            {
                Stride = IsTorchvision ? null : stride,
            };
        }

        float[] scales = octave ? AnchorLevel.OctaveScales(4, 3) : [8];
        return IsTorchvision
            ? new AnchorLevel([.. scales.Select(scale => (float)(int)(scale * stride))], _options.AnchorRatios)
            : new AnchorLevel(scales, _options.AnchorRatios) { BaseSize = stride, Stride = stride };
    }

    private MatcherOptions AnchorMatcher(float high, float low, float leastQuality) => new(high, low)
    {
        LowQuality = IsTorchvision ? LowQualityMatches.ToTheirBestObject : LowQualityMatches.ToThatObject,
        LeastQuality = leastQuality,
    };
}
