namespace Fovea.Training;

/// <summary>Detections and objects of one class in one image: their overlaps, and how detections are matched with objects.</summary>
internal sealed class CocoPair
{
    private const int None = -1;
    private readonly CocoTruth[] _truths;
    private readonly CocoDetection[] _detections;

    /// <summary>Makes the pair.</summary>
    /// <param name="truths">All objects, with their indices among the objects of the evaluation, in the order of the file.</param>
    /// <param name="detections">Detections, with their indices, in the order of the file.</param>
    /// <param name="overlap">The kind of overlap.</param>
    public CocoPair(
        IReadOnlyList<(int Index, CocoTruth Truth)> truths,
        IReadOnlyList<(int Index, CocoDetection Detection)> detections,
        CocoOverlap overlap)
    {
        (int Index, CocoDetection Detection)[] best =
            [.. detections.OrderByDescending(found => found.Detection.Score).Take(CocoParameters.MaxDetections)];
        _truths = [.. truths.Select(entry => entry.Truth)];
        _detections = [.. best.Select(entry => entry.Detection)];
        TruthIndices = [.. truths.Select(entry => entry.Index)];
        DetectionIndices = [.. best.Select(entry => entry.Index)];
        Overlaps = new double[_detections.Length, _truths.Length];
        for (int d = 0; d < _detections.Length; d++)
        {
            for (int t = 0; t < _truths.Length; t++)
            {
                Overlaps[d, t] = overlap == CocoOverlap.Boxes
                    ? _detections[d].Box.IntersectionOverUnion(_truths[t].Box, _truths[t].Crowd)
                    : _detections[d].Mask!.IntersectionOverUnion(_truths[t].Mask!, _truths[t].Crowd);
            }
        }
    }

    /// <summary>The detections that count, by falling score.</summary>
    public IReadOnlyList<CocoDetection> Detections => _detections;

    /// <summary>Indices of <see cref="Detections"/> among those of the evaluation.</summary>
    public int[] DetectionIndices { get; }

    /// <summary>Indices of the objects among those of the evaluation.</summary>
    public int[] TruthIndices { get; }

    /// <summary>Overlap of each of <see cref="Detections"/> with each object.</summary>
    public double[,] Overlaps { get; }

    /// <summary>Matches each detection, the surest first, with the object that it overlaps most and that is not taken yet.</summary>
    /// <param name="area">Range of areas; objects outside are ignored, and so are detections that found nothing.</param>
    public CocoPairMatches Match((double Least, double Most) area)
    {
        bool[] ignored = [.. _truths.Select(truth => truth.Crowd || Outside(truth.Area, area))];

        // Ignored objects come last, so that a detection takes one only where no other is left for it.
        int[] order = new int[ignored.Length];
        int expected = 0;
        for (int truth = 0; truth < order.Length; truth++)
        {
            if (!ignored[truth])
            {
                order[expected++] = truth;
            }
        }

        int last = expected;
        for (int truth = 0; truth < order.Length; truth++)
        {
            if (ignored[truth])
            {
                order[last++] = truth;
            }
        }

        return new CocoPairMatches(
            expected, [.. CocoParameters.Thresholds.Select(threshold => Match(threshold, area, ignored, order))]);
    }

    private (int Truth, bool Ignored)[] Match(double threshold, (double Least, double Most) area, bool[] ignored, int[] order)
    {
        bool[] taken = new bool[_truths.Length];
        (int Truth, bool Ignored)[] matches = new (int Truth, bool Ignored)[_detections.Length];
        for (int d = 0; d < matches.Length; d++)
        {
            int found = FindTruth(d, threshold, ignored, order, taken);
            if (found != None)
            {
                taken[found] = true;
                matches[d] = (found, ignored[found]);
            }
            else
            {
                matches[d] = (None, Outside(_detections[d].Area, area));
            }
        }

        return matches;
    }

    private int FindTruth(int detection, double threshold, bool[] ignored, int[] order, bool[] taken)
    {
        double best = Math.Min(threshold, 1 - 1e-10);
        int found = None;
        foreach (int truth in order)
        {
            if (taken[truth] && !_truths[truth].Crowd)
            {
                continue;
            }

            if (found != None && !ignored[found] && ignored[truth])
            {
                break;
            }

            if (Overlaps[detection, truth] >= best)
            {
                (best, found) = (Overlaps[detection, truth], truth);
            }
        }

        return found;
    }

    private static bool Outside(double value, (double Least, double Most) area) => value < area.Least || value > area.Most;
}

/// <summary>Matches of one class in one image, for one range of areas.</summary>
/// <param name="Expected">Number of objects that are to be found: in the range, and no crowds.</param>
/// <param name="ByThreshold">
/// For each threshold and detection the index of the object in the pair, −1 for none, and true if the detection is ignored.
/// </param>
internal readonly record struct CocoPairMatches(int Expected, (int Truth, bool Ignored)[][] ByThreshold);
