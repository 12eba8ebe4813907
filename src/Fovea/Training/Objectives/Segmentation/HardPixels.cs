using System.Text.Json.Serialization;

namespace Fovea.Training;

/// <summary>
/// Online choice of the pixels that are hard (mmsegmentation's <c>OHEMPixelSampler</c>): those whose own class has a probability below a
/// threshold, which rises where they would be too few.
/// </summary>
/// <param name="Threshold">Probability below which a pixel is learnt from, above 0 and at most 1.</param>
/// <param name="Kept">Pixels that are learnt from at least, times the images of a batch.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record HardPixels(double Threshold = 0.7, int Kept = 100_000)
{
    /// <summary>Checks that the members make sense.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        TrainingOptions.Check(Threshold is > 0 and <= 1, $"{nameof(HardPixels)}.{nameof(Threshold)}", "above 0 and at most 1", Threshold);
        TrainingOptions.Check(Kept >= 1, $"{nameof(HardPixels)}.{nameof(Kept)}", "at least 1", Kept);
    }

    /// <summary>The loss above which pixels are hard.</summary>
    /// <param name="losses">Cross-entropy of each labelled pixel; the order changes.</param>
    /// <param name="images">Images of the batch.</param>
    internal float LeastLoss(Span<float> losses, int images)
    {
        float atThreshold = (float)-Math.Log(Threshold);
        long kept = (long)Kept * images;
        int hard = 0;
        foreach (float loss in losses)
        {
            hard += loss > atThreshold ? 1 : 0;
        }

        if (hard > kept || losses.IsEmpty)
        {
            return atThreshold;
        }

        losses.Sort();
        return Math.Min(atThreshold, losses[losses.Length - 1 - (int)Math.Min(kept, losses.Length - 1)]);
    }
}
