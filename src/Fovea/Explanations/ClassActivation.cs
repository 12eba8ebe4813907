namespace Fovea.Explanations;

/// <summary>
/// Maps of class activation, from a layer's map A (H, W, C) and the score's gradient G by it: ReLU(Σₖ wₖ·Aₖ) with weights of each
/// channel k, or of each of its positions. Values are neither normalised nor resized.
/// </summary>
internal static class ClassActivation
{
    /// <summary>Keeps a denominator of Grad-CAM++ from being 0.</summary>
    private const double Tiny = 1e-7;

    /// <summary>Grad-CAM: wₖ is the mean of Gₖ over all positions (arXiv 1610.02391, eq. 1 and 2).</summary>
    /// <param name="map">A, with the channels of a position side by side.</param>
    /// <param name="gradient">G.</param>
    /// <param name="channels">C.</param>
    public static float[] GradCam(ReadOnlySpan<float> map, ReadOnlySpan<float> gradient, int channels)
    {
        double[] weights = new double[channels];
        int positions = map.Length / channels;
        for (int i = 0; i < gradient.Length; i++)
        {
            weights[i % channels] += (double)gradient[i] / positions;
        }

        return Weighted(map, weights);
    }

    /// <summary>
    /// Grad-CAM++: wₖ is the sum over positions of α·ReLU(Gₖ) with α = Gₖ²/(2·Gₖ² + Gₖ³·Σ Aₖ) (arXiv 1710.11063, eq. 10 and 19, for
    /// the exponential of the score, whose own factor is left out).
    /// </summary>
    /// <inheritdoc cref="GradCam"/>
    public static float[] GradCamPlusPlus(ReadOnlySpan<float> map, ReadOnlySpan<float> gradient, int channels)
    {
        double[] sums = new double[channels];
        for (int i = 0; i < map.Length; i++)
        {
            sums[i % channels] += map[i];
        }

        double[] weights = new double[channels];
        for (int i = 0; i < gradient.Length; i++)
        {
            double g = gradient[i];
            if (g > 0)
            {
                double square = g * g;
                double denominator = (2 * square) + (square * g * sums[i % channels]);
                weights[i % channels] += square / (Math.Abs(denominator) < Tiny * square ? Tiny * square : denominator) * g;
            }
        }

        return Weighted(map, weights);
    }

    /// <summary>LayerCAM: each position of a channel has its own weight, ReLU(Gₖ) there (IEEE TIP 30, 2021, eq. 7 to 9).</summary>
    /// <inheritdoc cref="GradCam"/>
    public static float[] LayerCam(ReadOnlySpan<float> map, ReadOnlySpan<float> gradient, int channels)
    {
        float[] result = new float[map.Length / channels];
        for (int position = 0; position < result.Length; position++)
        {
            double sum = 0;
            for (int i = position * channels; i < (position + 1) * channels; i++)
            {
                sum += Math.Max(gradient[i], 0.0) * map[i];
            }

            result[position] = (float)Math.Max(sum, 0);
        }

        return result;
    }

    private static float[] Weighted(ReadOnlySpan<float> map, double[] weights)
    {
        int channels = weights.Length;
        float[] result = new float[map.Length / channels];
        for (int position = 0; position < result.Length; position++)
        {
            double sum = 0;
            for (int channel = 0; channel < channels; channel++)
            {
                sum += weights[channel] * map[(position * channels) + channel];
            }

            result[position] = (float)Math.Max(sum, 0);
        }

        return result;
    }
}
