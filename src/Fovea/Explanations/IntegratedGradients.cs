namespace Fovea.Explanations;

/// <summary>
/// Integrated gradients (arXiv 1703.01365, eq. 3) along the straight way from a blank image to the image: ∫ G·dA, summed over channels, for
/// the map A of a layer, or the image itself, and the score's gradient G by it. For a layer that is its conductance (arXiv 1805.12233,
/// eq. 2). Over all cells it sums to the difference of the two images' scores, up to the error of the trapezoidal rule.
/// </summary>
internal static class IntegratedGradients
{
    /// <summary>Computes the map.</summary>
    /// <param name="run">Plan for the layer.</param>
    /// <param name="image">Prepared values (H, W, C); zeros are blank.</param>
    /// <param name="score">Index of the score.</param>
    /// <param name="steps">Number of intervals.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    public static float[] Compute(GradientRun run, float[] image, int score, int steps, CancellationToken cancellation)
    {
        double[] sums = new double[run.Height * run.Width];
        float[] between = new float[image.Length];
        (float[] map, float[] gradient) = ([], []);
        for (int step = 0; step <= steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int i = 0; i < image.Length; i++)
            {
                between[i] = image[i] * step / steps;
            }

            run.Run(between, score);
            for (int i = 0; i < map.Length; i++)
            {
                sums[i / run.Channels] += 0.5 * ((double)gradient[i] + run.Gradient[i]) * ((double)run.Map[i] - map[i]);
            }

            (map, gradient) = (run.Map.ToArray(), run.Gradient.ToArray());
        }

        return Array.ConvertAll(sums, sum => (float)sum);
    }
}
