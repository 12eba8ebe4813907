using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void A_cosine_schedule_warms_up_linearly_and_falls_to_its_minimum()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Cosine(
            1.0, totalSteps: 110, warmUpSteps: 10, minimumRate: 0.2, warmUpStartRate: 0.1);
        Assert.Equal(0.1, schedule.RateAt(0), 12);
        Assert.Equal(0.1 + (0.9 * 5 / 10), schedule.RateAt(5), 12);
        Assert.Equal(1.0, schedule.RateAt(10), 12);
        Assert.Equal(0.6, schedule.RateAt(60), 12);
        Assert.Equal(0.2 + (0.4 * (1 + Math.Cos(Math.PI * 0.25))), schedule.RateAt(35), 12);
        Assert.Equal(0.2, schedule.RateAt(110), 12);
        Assert.Equal(0.2, schedule.RateAt(1_000_000), 12);
    }

    [Fact]
    public void A_cosine_schedule_never_rises_after_the_warm_up()
    {
        foreach ((int total, int warmUp) in new[] { (1, 0), (1, 1), (7, 3), (500, 50) })
        {
            LearningRateSchedule schedule = LearningRateSchedule.Cosine(3e-3, total, warmUp, 1e-5);
            double[] rates = [.. Enumerable.Range(0, total + 3).Select(step => schedule.RateAt(step))];
            Assert.All(rates, rate => Assert.InRange(rate, 0, 3e-3));
            Assert.Equal(rates.Skip(warmUp).OrderDescending(), rates.Skip(warmUp));
        }
    }

    [Fact]
    public void A_constant_schedule_stays_after_its_warm_up()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Constant(0.5, warmUpSteps: 4);
        Assert.Equal([0, 0.125, 0.25, 0.375, 0.5, 0.5, 0.5], new long[] { 0, 1, 2, 3, 4, 5, 1000 }.Select(schedule.RateAt));
    }

    [Fact]
    public void Impossible_rates_and_lengths_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Cosine(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Cosine(1, 10, 11));
    }

    [Fact]
    public void A_linear_schedule_falls_in_a_straight_line()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Linear(1, 14, warmUpSteps: 4, minimumRate: 0.5, warmUpStartRate: 0.2);
        Assert.Equal([0.2, 0.6, 1, 0.75, 0.55, 0.5, 0.5], Rates(schedule, 0, 2, 4, 9, 13, 14, 99));
    }

    [Fact]
    public void A_poly_schedule_falls_as_a_power_of_what_is_left()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Poly(1, totalSteps: 12, power: 2, warmUpSteps: 2, minimumRate: 0.1);
        Assert.Equal([1, 0.325, 0.109, 0.1], Rates(schedule, 2, 7, 11, 12));
    }

    [Fact]
    public void A_stepped_schedule_is_smaller_from_each_milestone_on_but_not_below_its_minimum()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Steps(1, 100, [10, 20, 30], factor: 0.1, warmUpSteps: 2, minimumRate: 0.005);
        Assert.Equal([0, 0.5, 1, 1, 0.1, 0.1, 0.01, 0.005, 0.005], Rates(schedule, 0, 1, 2, 9, 10, 19, 20, 30, 100));
    }

    [Fact]
    public void One_cycle_rises_and_falls_as_half_cosines()
    {
        LearningRateSchedule schedule = LearningRateSchedule.OneCycle(1, 30, risingSteps: 10, startRate: 0.1, minimumRate: 0.02);
        Assert.Equal([0.1, 0.55, 1, 0.51, 0.02], Rates(schedule, 0, 5, 10, 20, 30));
        double[] rates = [.. Enumerable.Range(0, 31).Select(step => schedule.RateAt(step))];
        Assert.Equal(rates.Take(11).Order(), rates.Take(11));
        Assert.Equal(rates.Skip(10).OrderDescending(), rates.Skip(10));
    }

    [Fact]
    public void A_cool_down_keeps_the_minimum_after_a_course_that_is_so_much_shorter()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Cosine(1, 30, 10, 0.1).WithCoolDown(10);
        LearningRateSchedule shorter = LearningRateSchedule.Cosine(1, 20, 10, 0.1);
        Assert.All(Enumerable.Range(0, 40), step => Assert.Equal(shorter.RateAt(step), schedule.RateAt(step)));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.WithCoolDown(21));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant(1).WithCoolDown(1));
        Assert.Equal(1, LearningRateSchedule.Cosine(1, 10, 4, 0.1, 0.5).WithCoolDown(0).RateAt(4));
        Assert.Equal(0.1, LearningRateSchedule.Cosine(1, 10, 4, 0.1, 0.5).WithCoolDown(6).RateAt(4));
    }

    [Theory]
    [InlineData(ScheduleKind.Cosine, 0.505)]
    [InlineData(ScheduleKind.Linear, 0.505)]
    [InlineData(ScheduleKind.Constant, 1)]
    [InlineData(ScheduleKind.OneCycle, 0.505)]
    [InlineData(ScheduleKind.Step, 0.1)]
    [InlineData(ScheduleKind.Poly, 0.2575)]
    public void Options_in_epochs_become_a_schedule_in_steps(ScheduleKind kind, double halfway)
    {
        TrainingOptions options = new()
        {
            Epochs = 10,
            LearningRate = 1,
            MinLearningRate = 0.01,
            WarmUpEpochs = 2,
            WarmUpStartRate = 0.5,
            Schedule = kind,
            StepEpochs = 4,
            PolyPower = 2,
        };
        LearningRateSchedule schedule = Schedules.Create(options, stepsPerEpoch: 5);
        Assert.Equal([0.5, 1, halfway], Rates(schedule, 0, 10, 30));
        if (kind != ScheduleKind.Constant)
        {
            Assert.Equal([0.01, 0.01], Rates(Schedules.Create(options with { CoolDownEpochs = 3 }, stepsPerEpoch: 5), 35, 49));
        }
    }

    private static double[] Rates(LearningRateSchedule schedule, params long[] steps) =>
        [.. steps.Select(step => Math.Round(schedule.RateAt(step), 12))];
}
