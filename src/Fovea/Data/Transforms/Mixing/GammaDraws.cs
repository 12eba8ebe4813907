using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Draws from the gamma and beta distributions.</summary>
internal static class GammaDraws
{
    /// <summary>A number in [0, 1] from Beta(α, α), as the share of one of two gamma draws in their sum.</summary>
    /// <param name="random">The draws.</param>
    /// <param name="alpha">α, above 0.</param>
    public static double NextBeta(this ref KeyedRandom random, double alpha)
    {
        double one = random.NextLogGamma(alpha);
        double other = random.NextLogGamma(alpha);

        // Logarithms, as a small α makes numbers smaller than any double.
        return 1 / (1 + Math.Exp(other - one));
    }

    /// <summary>The logarithm of a number from Gamma(α, 1) (Marsaglia and Tsang, 2000; for α below 1 the power of an even draw).</summary>
    private static double NextLogGamma(this ref KeyedRandom random, double alpha)
    {
        double lowering = alpha < 1 ? Math.Log(1 - random.NextDouble()) / alpha : 0;
        double d = (alpha < 1 ? alpha + 1 : alpha) - (1.0 / 3);
        double c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double x = random.NextNormal();
            double root = 1 + (c * x);
            if (root <= 0)
            {
                continue;
            }

            double v = root * root * root;
            if (Math.Log(1 - random.NextDouble()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v)))
            {
                return Math.Log(d * v) + lowering;
            }
        }
    }
}
