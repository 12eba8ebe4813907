namespace Fovea.Training;

/// <summary>
/// The learning rate over a run: a warm-up, a course down to a minimum, and a cool-down at that minimum. The rate of a step depends on the
/// step alone, so that a resumed run goes on exactly where it stopped.
/// </summary>
public sealed record LearningRateSchedule
{
    private LearningRateSchedule()
    {
    }

    /// <summary>Course of the rate between warm-up and cool-down.</summary>
    public ScheduleKind Kind { get; private init; }

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

    /// <summary>The steps from which on the rate of a <see cref="ScheduleKind.Step"/> schedule is smaller by a factor, in order.</summary>
    public IReadOnlyList<long> Milestones { get; private init; } = [];

    /// <summary>The factor of each milestone, or the power of <see cref="ScheduleKind.Poly"/>.</summary>
    public double Factor { get; private init; }

    /// <summary>The steps at the end of the run that keep the minimum rate.</summary>
    public long CoolDownSteps { get; private init; }

    /// <summary>A rate that falls as half a cosine from the end of the warm-up to the end of the run.</summary>
    /// <param name="baseRate">The rate at the end of the warm-up.</param>
    /// <param name="totalSteps">The optimiser steps of the whole run, warm-up included.</param>
    /// <param name="warmUpSteps">The optimiser steps of the warm-up.</param>
    /// <param name="minimumRate">The rate at the end of the run.</param>
    /// <param name="warmUpStartRate">The rate of step 0 where there is a warm-up.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate is negative or not finite, or the warm-up is longer than the run.</exception>
    public static LearningRateSchedule Cosine(
        double baseRate, long totalSteps, long warmUpSteps = 0, double minimumRate = 0, double warmUpStartRate = 0) =>
        Falling(ScheduleKind.Cosine, baseRate, totalSteps, warmUpSteps, minimumRate, warmUpStartRate);

    /// <summary>A rate that falls in a straight line from the end of the warm-up to the end of the run.</summary>
    /// <param name="baseRate">The rate at the end of the warm-up.</param>
    /// <param name="totalSteps">The optimiser steps of the whole run, warm-up included.</param>
    /// <param name="warmUpSteps">The optimiser steps of the warm-up.</param>
    /// <param name="minimumRate">The rate at the end of the run.</param>
    /// <param name="warmUpStartRate">The rate of step 0 where there is a warm-up.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate is negative or not finite, or the warm-up is longer than the run.</exception>
    public static LearningRateSchedule Linear(
        double baseRate, long totalSteps, long warmUpSteps = 0, double minimumRate = 0, double warmUpStartRate = 0) =>
        Falling(ScheduleKind.Linear, baseRate, totalSteps, warmUpSteps, minimumRate, warmUpStartRate);

    /// <summary>A rate that falls as a power of the share of the run that is left.</summary>
    /// <param name="baseRate">The rate at the end of the warm-up.</param>
    /// <param name="totalSteps">The optimiser steps of the whole run, warm-up included.</param>
    /// <param name="power">The power, above 0; 1 is a straight line.</param>
    /// <param name="warmUpSteps">The optimiser steps of the warm-up.</param>
    /// <param name="minimumRate">The rate at the end of the run.</param>
    /// <param name="warmUpStartRate">The rate of step 0 where there is a warm-up.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range, or the warm-up is longer than the run.</exception>
    public static LearningRateSchedule Poly(
        double baseRate, long totalSteps, double power = 0.9, long warmUpSteps = 0, double minimumRate = 0, double warmUpStartRate = 0)
    {
        CheckFactor(power, nameof(power));
        return Falling(ScheduleKind.Poly, baseRate, totalSteps, warmUpSteps, minimumRate, warmUpStartRate) with { Factor = power };
    }

    /// <summary>A rate that rises as half a cosine, and then falls as another.</summary>
    /// <param name="peakRate">The rate at the top.</param>
    /// <param name="totalSteps">The optimiser steps of the whole run.</param>
    /// <param name="risingSteps">The optimiser steps up to the top.</param>
    /// <param name="startRate">The rate of step 0.</param>
    /// <param name="minimumRate">The rate at the end of the run.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate is negative or not finite, or the rise is longer than the run.</exception>
    public static LearningRateSchedule OneCycle(
        double peakRate, long totalSteps, long risingSteps, double startRate = 0, double minimumRate = 0) =>
        Falling(ScheduleKind.OneCycle, peakRate, totalSteps, risingSteps, minimumRate, startRate);

    /// <summary>A rate that is smaller by a factor from each milestone on, but never below the minimum.</summary>
    /// <param name="baseRate">The rate at the end of the warm-up.</param>
    /// <param name="totalSteps">The optimiser steps of the whole run, warm-up included.</param>
    /// <param name="milestones">The milestones in steps from the beginning of the run, in order.</param>
    /// <param name="factor">The factor, above 0.</param>
    /// <param name="warmUpSteps">The optimiser steps of the warm-up.</param>
    /// <param name="minimumRate">The smallest rate, which steps past the end have.</param>
    /// <param name="warmUpStartRate">The rate of step 0 where there is a warm-up.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range, or the warm-up is longer than the run.</exception>
    public static LearningRateSchedule Steps(
        double baseRate,
        long totalSteps,
        IReadOnlyList<long> milestones,
        double factor = 0.1,
        long warmUpSteps = 0,
        double minimumRate = 0,
        double warmUpStartRate = 0)
    {
        CheckFactor(factor, nameof(factor));
        return Falling(ScheduleKind.Step, baseRate, totalSteps, warmUpSteps, minimumRate, warmUpStartRate) with
        {
            Milestones = milestones,
            Factor = factor,
        };
    }

    /// <summary>A rate that stays as it is after the warm-up.</summary>
    /// <param name="rate">The rate.</param>
    /// <param name="warmUpSteps">The optimiser steps of the warm-up.</param>
    /// <param name="warmUpStartRate">The rate of step 0 where there is a warm-up.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate is negative or not finite.</exception>
    public static LearningRateSchedule Constant(double rate, long warmUpSteps = 0, double warmUpStartRate = 0) =>
        Create(ScheduleKind.Constant, rate, totalSteps: 0, warmUpSteps, minimumRate: rate, warmUpStartRate);

    /// <summary>Copy of the schedule over fewer steps, followed by a cool-down: the run stays as long as it is.</summary>
    /// <param name="steps">The steps at the end of the run that keep the minimum rate.</param>
    /// <exception cref="ArgumentOutOfRangeException">Warm-up and cool-down together are longer than the run, or it has no end.</exception>
    public LearningRateSchedule WithCoolDown(long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, TotalSteps - WarmUpSteps);
        return this with { CoolDownSteps = steps };
    }

    /// <summary>The rate of one optimiser step.</summary>
    /// <param name="step">The step, counted from 0; steps past the end keep the minimum rate.</param>
    public double RateAt(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step < WarmUpSteps)
        {
            return Kind == ScheduleKind.OneCycle
                ? BaseRate + ((WarmUpStartRate - BaseRate) * HalfCosine((double)step / WarmUpSteps))
                : WarmUpStartRate + ((BaseRate - WarmUpStartRate) * step / WarmUpSteps);
        }

        long end = TotalSteps - CoolDownSteps;
        if (step >= end)
        {
            return MinLearningRate;
        }

        double progress = (double)(step - WarmUpSteps) / (end - WarmUpSteps);
        return Kind switch
        {
            ScheduleKind.Step => Math.Max(
                MinLearningRate, BaseRate * Math.Pow(Factor, Milestones.Count(milestone => milestone <= step))),
            ScheduleKind.Poly => MinLearningRate + ((BaseRate - MinLearningRate) * Math.Pow(1 - progress, Factor)),
            ScheduleKind.Linear => MinLearningRate + ((BaseRate - MinLearningRate) * (1 - progress)),
            _ => MinLearningRate + (0.5 * (BaseRate - MinLearningRate) * (1 + Math.Cos(Math.PI * progress))),
        };
    }

    private static double HalfCosine(double progress) => 0.5 * (1 + Math.Cos(Math.PI * progress));

    private static LearningRateSchedule Falling(
        ScheduleKind kind, double baseRate, long totalSteps, long warmUpSteps, double minimumRate, double warmUpStartRate)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalSteps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(warmUpSteps, totalSteps);
        return Create(kind, baseRate, totalSteps, warmUpSteps, minimumRate, warmUpStartRate);
    }

    private static LearningRateSchedule Create(
        ScheduleKind kind, double baseRate, long totalSteps, long warmUpSteps, double minimumRate, double warmUpStartRate)
    {
        CheckRate(baseRate, nameof(baseRate));
        CheckRate(minimumRate, nameof(minimumRate));
        CheckRate(warmUpStartRate, nameof(warmUpStartRate));
        ArgumentOutOfRangeException.ThrowIfNegative(warmUpSteps);
        return new LearningRateSchedule
        {
            Kind = kind,
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

    private static void CheckFactor(double factor, string name)
    {
        if (!double.IsFinite(factor) || factor <= 0)
        {
            throw new ArgumentOutOfRangeException(name, factor, "A finite number above 0 is needed.");
        }
    }
}
