namespace Fovea.Explanations;

/// <summary>Scores of one class for prepared images.</summary>
/// <param name="images">Images (N, H, W, C), as many as <paramref name="scores"/>.</param>
/// <param name="label">Index of the class.</param>
/// <param name="scores">Takes the score of each image.</param>
internal delegate void ClassScores(ReadOnlySpan<float> images, int label, Span<double> scores);

/// <summary>
/// Curves of a class's score while the pixels of one image take the place of another's: deletion and insertion (Petsiuk, Das and Saenko
/// 2018, section 4.1).
/// </summary>
/// <param name="pixels">Pixels of an image.</param>
/// <param name="channels">Values of a pixel.</param>
/// <param name="steps">Equal steps from none of the pixels to all; a curve has a point more.</param>
/// <param name="scores">The classifier, given all images of a curve at once.</param>
internal sealed class PixelCurves(int pixels, int channels, int steps, ClassScores scores)
{
    private readonly float[] _images = new float[(steps + 1) * pixels * channels];

    /// <summary>Measures a curve.</summary>
    /// <param name="before">The image before the first step (H, W, C).</param>
    /// <param name="after">The image after the last step.</param>
    /// <param name="order">Order in which pixels change.</param>
    /// <param name="label">Index of the class.</param>
    /// <returns>The score after each step, from 0 to the last.</returns>
    public double[] Of(ReadOnlySpan<float> before, ReadOnlySpan<float> after, ReadOnlySpan<int> order, int label)
    {
        int length = pixels * channels;
        Span<float> images = _images;
        before.CopyTo(images);
        int changed = 0;
        for (int step = 1; step <= steps; step++)
        {
            Span<float> image = images.Slice(step * length, length);
            images.Slice((step - 1) * length, length).CopyTo(image);
            for (int end = (int)((long)pixels * step / steps); changed < end; changed++)
            {
                int start = order[changed] * channels;
                after.Slice(start, channels).CopyTo(image[start..]);
            }
        }

        double[] curve = new double[steps + 1];
        scores(_images, label, curve);
        return curve;
    }

    /// <summary>Area below a curve over the share of pixels, 0 to 1, by the trapezoidal rule.</summary>
    /// <param name="curve">The scores at equal distances.</param>
    public static double Area(ReadOnlySpan<double> curve)
    {
        double sum = (curve[0] + curve[^1]) / 2;
        foreach (double score in curve[1..^1])
        {
            sum += score;
        }

        return sum / (curve.Length - 1);
    }
}
