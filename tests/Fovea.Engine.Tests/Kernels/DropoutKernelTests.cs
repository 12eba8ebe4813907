using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class DropoutKernelTests
{
    [Fact]
    public void The_share_of_zeros_is_the_rate_and_the_mean_stays()
    {
        foreach (float rate in new[] { 0.05f, 0.5f, 0.9f })
        {
            const int Count = 400_003;
            using GuardedMemory x = new(Count, 1f);
            using GuardedMemory y = new(Count);
            DropoutKernel.Elements(x, y, Count, 1, 2, 3, rate, 0, DropoutKernel.Parts(Count));
            double tolerance = 4.5 * Math.Sqrt(rate * (1 - rate) / Count);
            Assert.Equal(rate, y.ToArray().Count(value => value == 0) / (double)Count, tolerance);
            Assert.Equal(1, y.ToArray().Average(), tolerance / (1 - rate));
            Assert.All(y.ToArray().Distinct(), value => Assert.True(value is 0 || value == 1 / (1 - rate)));

            // Every lane on its own keeps the rate, too, and neighbours fall independently of each other.
            for (int lane = 0; lane < 8; lane++)
            {
                int zeros = Enumerable.Range(0, Count / 8).Count(index => y[8 * index + lane] == 0);
                int pairs = Enumerable.Range(0, Count / 8).Count(index => y[8 * index + lane] == 0 && y[8 * index + lane + 1] == 0);
                Assert.Equal(rate, zeros / (Count / 8.0), 4 * tolerance);
                Assert.Equal(rate * rate, pairs / (Count / 8.0), 4 * tolerance);
            }
        }
    }

    [Fact]
    public void The_draws_do_not_depend_on_how_parts_are_grouped_or_where_the_end_lies()
    {
        Random random = new(1);
        foreach (int count in new[] { 1, 7, 8, 50, 16384, 16385, 100_001 })
        {
            using GuardedMemory x = new(count, random);
            using GuardedMemory y = new(count);
            PartGrouping.AssertNoInfluence(
                DropoutKernel.Parts(count), (first, last) => DropoutKernel.Elements(x, y, count, 5, 6, 7, 0.3f, first, last), y);
            using GuardedMemory longer = new(count + 13L, 1f);
            DropoutKernel.Elements(longer, longer, longer.Length, 5, 6, 7, 0.3f, 0, DropoutKernel.Parts(longer.Length));
            longer.AssertGuards();
            for (int index = 0; index < count; index++)
            {
                Assert.Equal(x[index] * longer[index], y[index]);
            }
        }
    }

    [Fact]
    public void Seed_stream_and_step_each_change_the_draws()
    {
        string[] draws = [Draw(1, 1, 1), Draw(2, 1, 1), Draw(1, 2, 1), Draw(1, 1, 2), Draw(2, 1, 2)];
        Assert.Equal(5, draws.Distinct().Count());
        Assert.Equal(draws[0], Draw(1, 1, 1));

        static string Draw(ulong seed, int stream, ulong step)
        {
            using GuardedMemory x = new(100, 1f);
            DropoutKernel.Elements(x, x, 100, seed, stream, step, 0.5f, 0, 1);
            return string.Concat(x.ToArray().Select(value => value == 0 ? '0' : '1'));
        }
    }

    [Fact]
    public void Rate_zero_changes_nothing_and_a_dropped_infinity_is_zero()
    {
        using GuardedMemory x = new(1000, new Random(3));
        using GuardedMemory y = new(1000);
        DropoutKernel.Elements(x, y, 1000, 1, 1, 1, 0, 0, 1);
        Assert.Equal(x.ToArray(), y.ToArray());
        x.Span.Fill(float.PositiveInfinity);
        DropoutKernel.Elements(x, y, 1000, 1, 1, 1, 0.5f, 0, 1);
        Assert.All(y.ToArray(), value => Assert.True(value == 0 || float.IsPositiveInfinity(value)));
    }

    [Fact]
    public void A_sample_stays_or_falls_as_a_whole()
    {
        const int Samples = 20_000;
        foreach (int perSample in new[] { 1, 5, 19 })
        {
            using GuardedMemory x = new(Samples * perSample, 1f);
            using GuardedMemory y = new(x.Length);
            PartGrouping.AssertNoInfluence(
                Samples, (first, last) => DropoutKernel.Samples(x, y, perSample, 1, 2, 3, 0.2f, first, last), y);
            float[][] samples = [.. y.ToArray().Chunk(perSample)];
            Assert.All(samples, sample => Assert.True(sample.All(value => value == sample[0])));
            Assert.Equal(0.2, samples.Count(sample => sample[0] == 0) / (double)Samples, 0.0125);
            Assert.Equal(1, y.ToArray().Average(), 0.016);
            DropoutKernel.Samples(x, x, perSample, 1, 2, 3, 0.2f, 0, Samples);
            Assert.Equal(y.ToArray(), x.ToArray());
        }
    }
}
