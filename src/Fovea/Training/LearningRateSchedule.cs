namespace Fovea.Training;

/// <summary>
/// The learning rate over a run: a linear warm-up, then either a constant rate or half a cosine down to a minimum
/// (Loshchilov and Hutter, arXiv 1608.03983, eq. 5, without restarts).
/// </summary>
public sealed record LearningRateSchedule
{
    private LearningRateSchedule()
    {
    }

    /// <summary>The rate at the end of the warm-up.</summary>
    public double BaseRate { get; private init; }

    /// <summary>The rate at the end of the run; the same as <see cref="BaseRate"/> for a constant schedule.</summary>
    public double MinLearningRate { get; private init; }

    /// <summary>The optimiser steps of the whole run, warm-up included; 0 for a constant schedule, which has no end.</summary>
    public long TotalSteps { get; private init; }

    /// <summary>The optimiser steps of the warm-up.</summary>
    public long WarmUpSteps { get; private init; }

    /// <summary>The rate of step 0 where there is a warm-up.</summary>
    public double WarmUpStartRate { get; private init; }

    /// <summary>A rate that falls as half a cosine from the end of the warm-up to the end of the run.</summary>
    /// <param name="baseRate">The rate at the end of the warm-up.</param>
    /// <param name="totalSteps">The optimiser steps of the whole run, warm-up included.</param>
    /// <param name="warmUpSteps">The optimiser steps of the warm-up.</param>
    /// <param name="minimumRate">The rate at the end of the run.</param>
    /// <param name="warmUpStartRate">The rate of step 0 where there is a warm-up.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate is negative or not finite, or the warm-up is longer than the run.</exception>
    public static LearningRateSchedule Cosine(
        double baseRate, long totalSteps, long warmUpSteps = 0, double minimumRate = 0, double warmUpStartRate = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalSteps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(warmUpSteps, totalSteps);
        return Create(baseRate, totalSteps, warmUpSteps, minimumRate, warmUpStartRate);
    }

    /// <summary>A rate that stays as it is after the warm-up.</summary>
    /// <param name="rate">The rate.</param>
    /// <param name="warmUpSteps">The optimiser steps of the warm-up.</param>
    /// <param name="warmUpStartRate">The rate of step 0 where there is a warm-up.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate is negative or not finite.</exception>
    public static LearningRateSchedule Constant(double rate, long warmUpSteps = 0, double warmUpStartRate = 0) =>
        Create(rate, totalSteps: 0, warmUpSteps, minimumRate: rate, warmUpStartRate);

    /// <summary>The rate of one optimiser step. It depends on the step alone, so a resumed run goes on exactly where it stopped.</summary>
    /// <param name="step">The step, counted from 0; steps past the end keep the minimum rate.</param>
    public double RateAt(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step < WarmUpSteps)
        {
            return WarmUpStartRate + ((BaseRate - WarmUpStartRate) * step / WarmUpSteps);
        }

        if (step >= TotalSteps)
        {
            return MinLearningRate;
        }

        double progress = (double)(step - WarmUpSteps) / (TotalSteps - WarmUpSteps);
        return MinLearningRate + (0.5 * (BaseRate - MinLearningRate) * (1 + Math.Cos(Math.PI * progress)));
    }

    private static LearningRateSchedule Create(
        double baseRate, long totalSteps, long warmUpSteps, double minimumRate, double warmUpStartRate)
    {
        CheckRate(baseRate, nameof(baseRate));
        CheckRate(minimumRate, nameof(minimumRate));
        CheckRate(warmUpStartRate, nameof(warmUpStartRate));
        ArgumentOutOfRangeException.ThrowIfNegative(warmUpSteps);
        return new LearningRateSchedule
        {
            BaseRate = baseRate,
            MinLearningRate = minimumRate,
            TotalSteps = totalSteps,
            WarmUpSteps = warmUpSteps,
            WarmUpStartRate = warmUpStartRate,
        };
    }

    private static void CheckRate(double rate, string name)
    {
        if (!double.IsFinite(rate) || rate < 0)
        {
            throw new ArgumentOutOfRangeException(name, rate, "A learning rate must be a finite number, 0 or more.");
        }
    }
}
