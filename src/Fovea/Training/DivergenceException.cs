using System.Globalization;

namespace Fovea.Training;

/// <summary>Training stopped because the loss or a gradient is not a finite number.</summary>
public sealed class DivergenceException : FoveaException
{
    /// <summary>Makes the error.</summary>
    /// <param name="step">The number of the step, from 0.</param>
    /// <param name="learningRate">The learning rate of the step.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="where">The first layer whose values are not finite, if one was found.</param>
    public DivergenceException(long step, double learningRate, double loss, string? where)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Training diverged at step {step} (learning rate {learningRate:g3}): ")
            + $"the {(double.IsFinite(loss) ? "gradients are" : "loss is")} not finite; "
            + $"the first values that are not finite come from {where ?? "the gradients"}. The last good checkpoint stays. "
            + "Try a lower learning rate, a longer warm-up or a smaller clip norm.")
    {
        Step = step;
        LearningRate = learningRate;
        Where = where;
    }

    /// <summary>The number of the step, from 0.</summary>
    public long Step { get; }

    /// <summary>The learning rate of the step.</summary>
    public double LearningRate { get; }

    /// <summary>The first layer whose values are not finite, if one was found.</summary>
    public string? Where { get; }
}
