namespace Fovea.Engine.Tests.Kernels;

/// <summary>Central differences, which say what a gradient must be.</summary>
internal static class FiniteDifferences
{
    private const double Step = 1e-5;

    public static void AssertGradient(double[] gradient, double[] variables, Func<double> loss, double tolerance)
    {
        for (int index = 0; index < variables.Length; index++)
        {
            double value = variables[index];
            variables[index] = value + Step;
            double above = loss();
            variables[index] = value - Step;
            double below = loss();
            variables[index] = value;
            double difference = (above - below) / (2 * Step);
            Assert.True(
                Math.Abs(difference - gradient[index]) < tolerance, $"Element {index}: {gradient[index]}, by differences {difference}.");
        }
    }
}
