namespace Fovea.Training;

/// <summary>Learning rates from the options of a run.</summary>
internal static class Schedules
{
    /// <summary>Creates the schedule that options ask for.</summary>
    /// <param name="options">Course, rates, lengths in epochs.</param>
    /// <param name="stepsPerEpoch">Optimiser steps of an epoch.</param>
    public static LearningRateSchedule Create(TrainingOptions options, int stepsPerEpoch)
    {
        double rate = options.LearningRate;
        double minimum = options.MinLearningRate;
        double start = options.WarmUpStartRate;
        long total = (long)stepsPerEpoch * options.Epochs;
        long warmUp = StepsOf(options.WarmUpEpochs);
        LearningRateSchedule schedule = options.Schedule switch
        {
            ScheduleKind.Step => LearningRateSchedule.Steps(
                rate, total, [.. MilestonesOf(options).Select(StepsOf)], options.StepFactor, warmUp, minimum, start),
            ScheduleKind.Poly => LearningRateSchedule.Poly(rate, total, options.PolyPower, warmUp, minimum, start),
            ScheduleKind.OneCycle => LearningRateSchedule.OneCycle(rate, total, warmUp, start, minimum),
            ScheduleKind.Linear => LearningRateSchedule.Linear(rate, total, warmUp, minimum, start),
            ScheduleKind.Constant => LearningRateSchedule.Constant(rate, warmUp, start),
            _ => LearningRateSchedule.Cosine(rate, total, warmUp, minimum, start),
        };
        return options.CoolDownEpochs == 0 ? schedule : schedule.WithCoolDown(StepsOf(options.CoolDownEpochs));

        long StepsOf(double epochs) => (long)(stepsPerEpoch * epochs);
    }

    private static IEnumerable<double> MilestonesOf(TrainingOptions options) => options.Milestones
        ?? Enumerable.Range(1, (int)(options.Epochs / options.StepEpochs)).Select(i => i * options.StepEpochs);
}
