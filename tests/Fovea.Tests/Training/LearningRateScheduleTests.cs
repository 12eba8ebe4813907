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
}
