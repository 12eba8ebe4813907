using Fovea.Data;

namespace Fovea.Compare;

/// <summary>Agreement of two lists of detections in the same images.</summary>
/// <param name="Theirs">Detections of the peer.</param>
/// <param name="Ours">Fovea's.</param>
/// <param name="Equal">
/// Detections of the peer that Fovea has, too: the same class, a score within a ten-thousandth, a box within a hundredth of a pixel.
/// </param>
/// <param name="Score">Largest difference of the scores of these.</param>
/// <param name="Pixels">Largest difference of their boxes' sides.</param>
/// <param name="MaskShare">Largest share of an image's pixels in which their masks differ.</param>
internal sealed record DetectionMatch(int Theirs, int Ours, int Equal, double Score, double Pixels, double MaskShare)
{
    private const double MostScore = 1e-4;
    private const double MostPixels = 0.01;

    /// <summary>No detections.</summary>
    public static DetectionMatch None { get; } = new(0, 0, 0, 0, 0, 0);

    /// <summary>Share of detections that only one side has.</summary>
    public double Share => (Theirs + Ours - (2.0 * Equal)) / Math.Max(Theirs + Ours, 1);

    /// <summary>Matches the detections of an image, each with the nearest of its class.</summary>
    /// <param name="theirs">Detections of the peer.</param>
    /// <param name="ours">What Fovea found.</param>
    /// <param name="firstLabel">The peer's label of the first class.</param>
    public static DetectionMatch Of(PeerDetections theirs, IReadOnlyList<Tasks.Detection> ours, int firstLabel)
    {
        DetectionMatch sum = None with { Theirs = theirs.Scores.Length, Ours = ours.Count };
        HashSet<int> free = [.. Enumerable.Range(0, ours.Count)];
        for (int i = 0; i < theirs.Scores.Length; i++)
        {
            int label = theirs.Labels[i] - firstLabel;
            float[] box = theirs.Boxes[i];
            int nearest = free.Where(index => ours[index].Box.Label == label).DefaultIfEmpty(-1).MinBy(
                index => index < 0 ? 0 : Distance(ours[index].Box, box));
            if (nearest < 0)
            {
                continue;
            }

            double score = Math.Abs(ours[nearest].Score - theirs.Scores[i]);
            double pixels = Distance(ours[nearest].Box, box);
            if (score <= MostScore && pixels <= MostPixels)
            {
                free.Remove(nearest);
                double mask = theirs.Masks.Length == 0 ? 0 : MaskDifference(ours[nearest].Mask!, theirs.Masks[i]);
                sum = sum.And(new DetectionMatch(0, 0, 1, score, pixels, mask));
            }
        }

        return sum;
    }

    /// <summary>Both together.</summary>
    /// <param name="other">Detections in other images.</param>
    public DetectionMatch And(DetectionMatch other) => new(
        Theirs + other.Theirs,
        Ours + other.Ours,
        Equal + other.Equal,
        Math.Max(Score, other.Score),
        Math.Max(Pixels, other.Pixels),
        Math.Max(MaskShare, other.MaskShare));

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Theirs} detections, {Ours} in Fovea, {Equal} equal: scores within {Score:0.0e+0}, boxes within {Pixels:0.0000} pixels, masks "
            + $"within {100 * MaskShare:0.0000} % of the image";

    private static double Distance(Box ours, float[] theirs) => Math.Max(
        Math.Max(Math.Abs(ours.Left - theirs[0]), Math.Abs(ours.Top - theirs[1])),
        Math.Max(Math.Abs(ours.Right - theirs[2]), Math.Abs(ours.Bottom - theirs[3])));

    private static double MaskDifference(RunLengthMask ours, byte[] theirs)
    {
        byte[] pixels = new byte[ours.Height * ours.Width];
        ours.CopyTo(pixels);
        int different = 0;
        for (int i = 0; i < pixels.Length; i++)
        {
            different += (pixels[i] != 0) == ((theirs[i / 8] >> (7 - (i % 8)) & 1) != 0) ? 0 : 1;
        }

        return (double)different / pixels.Length;
    }
}
