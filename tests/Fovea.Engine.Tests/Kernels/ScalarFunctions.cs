namespace Fovea.Engine.Tests.Kernels;

/// <summary>Scalar functions in double precision that the kernels are held against.</summary>
internal static class ScalarFunctions
{
    /// <summary>The error function: its Maclaurin series near 0, the continued fraction of erfc in the tails.</summary>
    public static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (a < 3)
        {
            double term = x;
            double sum = x;
            for (int n = 1; Math.Abs(term) > 1e-18; n++)
            {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }

            return 2 / Math.Sqrt(Math.PI) * sum;
        }

        double fraction = 0;
        for (int n = 60; n > 0; n--)
        {
            fraction = n / 2.0 / (a + fraction);
        }

        double tail = Math.Exp(-a * a) / Math.Sqrt(Math.PI) / (a + fraction);
        return Math.Sign(x) * (1 - tail);
    }

    public static double Gelu(double x) => x * 0.5 * (1 + Erf(x / Math.Sqrt(2)));

    public static double GeluDerivative(double x) =>
        0.5 * (1 + Erf(x / Math.Sqrt(2))) + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
