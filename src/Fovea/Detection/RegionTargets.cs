using System.Buffers;
using Fovea.Engine;

namespace Fovea.Detection;

/// <summary>Place of the objects' own boxes among the proposals that are learnt from.</summary>
internal enum ObjectBoxes
{
    /// <summary>Behind the proposals, as in torchvision.</summary>
    Last,

    /// <summary>Before the proposals, as in mmdetection.</summary>
    First,

    /// <summary>Not among them.</summary>
    LeftOut,
}

/// <summary>Options of the targets of regions.</summary>
/// <param name="Matcher">Rules of matching.</param>
/// <param name="Sampler">The sample that is learnt from.</param>
/// <param name="Coder">Code of the boxes.</param>
/// <param name="Classes">Order of the class logits.</param>
internal sealed record RegionTargetOptions(MatcherOptions Matcher, SamplerOptions Sampler, BoxCoder Coder, RegionClasses Classes)
{
    /// <summary>Place of the objects' own boxes.</summary>
    public ObjectBoxes Objects { get; init; }
}

/// <summary>The regions of an image that a head learns from, and what it is to say of them.</summary>
/// <param name="boxes">Boxes of the regions, in the order of the proposals.</param>
/// <param name="objects">Index of each region's object; -1 for background.</param>
/// <param name="labels">Label of each region.</param>
/// <param name="codes">Code of the object's box for each region; zero for background.</param>
internal readonly ref struct RegionTargets(Span<float> boxes, Span<int> objects, Span<int> labels, Span<float> codes)
{
    private readonly Span<float> _boxes = boxes;
    private readonly Span<int> _objects = objects;
    private readonly Span<int> _labels = labels;
    private readonly Span<float> _codes = codes;

    /// <summary>
    /// Writes the codes of regions where the head gives a box for each label: each code in the place of its region's label, weight 1 there
    /// and 0 elsewhere.
    /// </summary>
    /// <param name="labels">Label of each region.</param>
    /// <param name="objects">Index of each region's object; negative for regions without.</param>
    /// <param name="codes">Code of each region.</param>
    /// <param name="perLabel">Four numbers for each region and label.</param>
    /// <param name="weights">A weight for each of these numbers.</param>
    public static void SpreadCodes(
        ReadOnlySpan<int> labels, ReadOnlySpan<int> objects, ReadOnlySpan<float> codes, Span<float> perLabel, Span<float> weights)
    {
        perLabel.Clear();
        weights.Clear();
        for (int region = 0; region < labels.Length; region++)
        {
            if (objects[region] >= 0)
            {
                int place = (region * (perLabel.Length / labels.Length)) + (Boxes.Numbers * labels[region]);
                Boxes.At(codes, region).CopyTo(perLabel[place..]);
                weights.Slice(place, Boxes.Numbers).Fill(1);
            }
        }
    }

    /// <summary>
    /// Matches the proposals of one image with its objects, draws a sample and writes its regions. Without objects, all are background.
    /// </summary>
    /// <param name="options">Rules.</param>
    /// <param name="proposals">Boxes of the proposals.</param>
    /// <param name="objects">Boxes of the objects.</param>
    /// <param name="classes">Classes of the objects; one with a negative class is left out, such as a crowd or an empty row.</param>
    /// <param name="random">The random numbers of the sample.</param>
    /// <returns>Numbers of regions with objects and with background, which together are the regions written.</returns>
    public MatchCounts Write(
        RegionTargetOptions options,
        ReadOnlySpan<float> proposals,
        ReadOnlySpan<float> objects,
        ReadOnlySpan<int> classes,
        KeyedRandom random)
    {
        float[] rentedBoxes = ArrayPool<float>.Shared.Rent(proposals.Length + objects.Length);
        int[] rentedMatches = ArrayPool<int>.Shared.Rent((proposals.Length + objects.Length) / Boxes.Numbers);
        Span<float> candidates = rentedBoxes.AsSpan(0, WriteCandidates(options.Objects, proposals, objects, classes, rentedBoxes));
        Span<int> matches = rentedMatches.AsSpan(0, candidates.Length / Boxes.Numbers);
        Matcher.Match(options.Matcher, objects, classes, candidates, [], matches);
        MatchCounts counts = BalancedSampler.Sample(options.Sampler, matches, random);
        int next = 0;
        for (int candidate = 0; candidate < matches.Length; candidate++)
        {
            if (matches[candidate] != Matcher.Ignored)
            {
                WriteRegion(options, next++, Boxes.At(candidates, candidate), matches[candidate], objects, classes);
            }
        }

        ArrayPool<float>.Shared.Return(rentedBoxes);
        ArrayPool<int>.Shared.Return(rentedMatches);
        return counts;
    }

    private static int WriteCandidates(
        ObjectBoxes place, ReadOnlySpan<float> proposals, ReadOnlySpan<float> objects, ReadOnlySpan<int> classes, Span<float> candidates)
    {
        int next = 0;
        if (place != ObjectBoxes.First)
        {
            proposals.CopyTo(candidates);
            next = proposals.Length;
        }

        for (int i = 0; i < classes.Length && place != ObjectBoxes.LeftOut; i++)
        {
            if (classes[i] >= 0)
            {
                Boxes.At(objects, i).CopyTo(candidates[next..]);
                next += Boxes.Numbers;
            }
        }

        if (place == ObjectBoxes.First)
        {
            proposals.CopyTo(candidates[next..]);
            next += proposals.Length;
        }

        return next;
    }

    private void WriteRegion(
        RegionTargetOptions options, int region, ReadOnlySpan<float> box, int match, ReadOnlySpan<float> objects, ReadOnlySpan<int> classes)
    {
        box.CopyTo(Boxes.At(_boxes, region));
        _objects[region] = match;
        if (match >= 0)
        {
            _labels[region] = options.Classes.LabelOf(classes[match]);
            options.Coder.Encode(box, Boxes.At(objects, match), Boxes.At(_codes, region));
        }
        else
        {
            _labels[region] = options.Classes.Background;
            Boxes.At(_codes, region).Clear();
        }
    }
}
