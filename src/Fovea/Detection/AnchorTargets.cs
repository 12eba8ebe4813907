using Fovea.Engine;

namespace Fovea.Detection;

/// <summary>Options of the targets of anchors.</summary>
/// <param name="Matcher">Rules of matching.</param>
/// <param name="Coder">Code of the boxes.</param>
internal sealed record AnchorTargetOptions(MatcherOptions Matcher, BoxCoder Coder)
{
    /// <summary>The sample that is learnt from, as region proposal networks draw it; none: all anchors, as in RetinaNet.</summary>
    public SamplerOptions? Sampler { get; init; }
}

/// <summary>Targets of the anchors of an image.</summary>
/// <param name="labels">Class of each anchor's object, or a mark of <see cref="Matcher"/>.</param>
/// <param name="codes">Code of the object's box for each anchor; zero where there is no object.</param>
/// <param name="scoreWeights">1 for anchors whose scores are learnt from, else 0.</param>
/// <param name="boxWeights">1 for anchors whose boxes are learnt from, those of objects, else 0.</param>
internal readonly ref struct AnchorTargets(Span<int> labels, Span<float> codes, Span<float> scoreWeights, Span<float> boxWeights)
{
    private readonly Span<int> _labels = labels;
    private readonly Span<float> _codes = codes;
    private readonly Span<float> _scoreWeights = scoreWeights;
    private readonly Span<float> _boxWeights = boxWeights;

    /// <summary>Writes the targets of one image, for a region proposal network or RetinaNet. Without objects, all is background.</summary>
    /// <param name="options">Rules.</param>
    /// <param name="anchors">The anchors of all levels.</param>
    /// <param name="valid">Which anchors take part; empty if all do.</param>
    /// <param name="objects">Boxes of the objects.</param>
    /// <param name="classes">Classes of the objects; one with a negative class is left out, such as a crowd or an empty row.</param>
    /// <param name="random">The random numbers of the sample.</param>
    /// <returns>Numbers of anchors with objects and with background that are learnt from.</returns>
    public MatchCounts Write(
        AnchorTargetOptions options,
        ReadOnlySpan<float> anchors,
        ReadOnlySpan<bool> valid,
        ReadOnlySpan<float> objects,
        ReadOnlySpan<int> classes,
        KeyedRandom random)
    {
        Matcher.Match(options.Matcher, objects, classes, anchors, valid, _labels);
        MatchCounts counts = options.Sampler is SamplerOptions sampler
            ? BalancedSampler.Sample(sampler, _labels, random)
            : MatchCounts.Of(_labels);
        _codes.Clear();
        for (int anchor = 0; anchor < _labels.Length; anchor++)
        {
            int match = _labels[anchor];
            _scoreWeights[anchor] = match == Matcher.Ignored ? 0 : 1;
            _boxWeights[anchor] = match >= 0 ? 1 : 0;
            if (match >= 0)
            {
                options.Coder.Encode(Boxes.At(anchors, anchor), Boxes.At(objects, match), Boxes.At(_codes, anchor));
                _labels[anchor] = classes[match];
            }
        }

        return counts;
    }
}
