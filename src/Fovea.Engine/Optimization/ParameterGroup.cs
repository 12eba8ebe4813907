using Fovea.Engine.Graph;

namespace Fovea.Engine.Optimization;

/// <summary>
/// A rule of how some variables are trained: a factor of the learning rate, a weight decay of their own. A variable to which several groups
/// of an optimiser apply takes the product of their rate factors and the weight decay of the last one that names any.
/// </summary>
/// <remarks>Frozen variables belong to no group: an optimiser does not know them.</remarks>
/// <param name="Applies">The choice of variables, by name or shape.</param>
/// <param name="RateFactor">The factor of the learning rate, 0 or more.</param>
/// <param name="WeightDecay">The weight decay; 0 for none, null for that of the optimiser.</param>
public sealed record ParameterGroup(Func<Variable, bool> Applies, double RateFactor = 1, double? WeightDecay = null)
{
    /// <summary>The choice of variables, by name or shape.</summary>
    public Func<Variable, bool> Applies { get; init; } = Applies ?? throw new ArgumentNullException(nameof(Applies));

    /// <summary>The factor of the learning rate.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The factor is negative or no finite number.</exception>
    public double RateFactor { get; init => field = OptimizerChecks.NotNegative(value, nameof(RateFactor)); } =
        OptimizerChecks.NotNegative(RateFactor, nameof(RateFactor));

    /// <summary>The weight decay; 0 for none, null for that of the optimiser.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The decay is negative or no finite number.</exception>
    public double? WeightDecay { get; init => field = Checked(value); } = Checked(WeightDecay);

    /// <summary>The rate factor and weight decay of one variable.</summary>
    internal static (double RateFactor, double WeightDecay) Of(Variable variable, IReadOnlyList<ParameterGroup> groups, double weightDecay)
    {
        double factor = 1;
        foreach (ParameterGroup group in groups)
        {
            if (group.Applies(variable))
            {
                factor *= group.RateFactor;
                weightDecay = group.WeightDecay ?? weightDecay;
            }
        }

        return (factor, weightDecay);
    }

    private static double? Checked(double? decay) =>
        decay is double number ? OptimizerChecks.NotNegative(number, nameof(WeightDecay)) : null;
}
