namespace Fovea.Engine.Optimization;

/// <summary>Checks of what optimisers are made with.</summary>
internal static class OptimizerChecks
{
    /// <summary>A finite number of 0 or more.</summary>
    public static double NotNegative(double value, string name) => double.IsFinite(value) && value >= 0
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "A finite number of 0 or more is needed.");

    /// <summary>A share that is kept at each step: 0 or more, below 1.</summary>
    public static double Share(double value, string name) => value is >= 0 and < 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "A number of 0 or more and below 1 is needed.");
}
