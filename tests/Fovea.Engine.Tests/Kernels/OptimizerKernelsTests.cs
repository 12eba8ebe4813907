using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class OptimizerKernelsTests
{
    private static readonly int[] _lengths = [1, 7, 8, 9, 16, 31, 100, 1003];

    [Theory]
    [InlineData(0.0, 1f)]
    [InlineData(0.05, 1f)]
    [InlineData(0.05, 0.25f)]
    public void Steps_of_AdamW_agree_with_their_twin_in_any_range(double weightDecay, float factor)
    {
        foreach (int length in _lengths)
        {
            using GuardedMemory parameters = GuardedMemory.Random(length, 1);
            using GuardedMemory mean = new(length);
            using GuardedMemory square = new(length);
            using GuardedMemory cutParameters = GuardedMemory.Random(length, 1);
            using GuardedMemory cutMean = new(length);
            using GuardedMemory cutSquare = new(length);
            double[] p = [.. parameters.Span.ToArray().Select(value => (double)value)];
            double[] m = new double[length];
            double[] v = new double[length];
            for (int t = 1; t <= 5; t++)
            {
                using GuardedMemory gradients = GuardedMemory.Random(length, 10 + t);
                AdamWArguments step = new()
                {
                    LearningRate = 1e-2 / t,
                    WeightDecay = weightDecay,
                    Step = t,
                    GradientFactor = factor,
                    Beta2 = 0.99,
                };
                OptimizerKernels.AdamW(in step, parameters.Pointer, gradients.Pointer, mean.Pointer, square.Pointer, length);
                foreach ((int start, int count) in Ranges(length))
                {
                    OptimizerKernels.AdamW(
                        in step, cutParameters.Pointer + start, gradients.Pointer + start, cutMean.Pointer + start,
                        cutSquare.Pointer + start, count);
                }

                for (int i = 0; i < length; i++)
                {
                    double g = (double)gradients.Span[i] * factor;
                    p[i] *= 1 - step.LearningRate * weightDecay;
                    m[i] = 0.9 * m[i] + 0.1 * g;
                    v[i] = 0.99 * v[i] + 0.01 * g * g;
                    p[i] -= step.LearningRate / (1 - Math.Pow(0.9, t)) * m[i] / (Math.Sqrt(v[i] / (1 - Math.Pow(0.99, t))) + 1e-8);
                }
            }

            AssertClose(p, parameters, 2e-6);
            AssertClose(m, mean, 1e-6);
            AssertClose(v, square, 1e-6);
            Assert.True(parameters.Span.SequenceEqual(cutParameters.Span));
            Assert.True(mean.Span.SequenceEqual(cutMean.Span));
            Assert.True(square.Span.SequenceEqual(cutSquare.Span));
        }
    }

    [Fact]
    public void The_first_step_of_AdamW_moves_by_the_learning_rate_against_the_sign()
    {
        using GuardedMemory parameters = new(2);
        using GuardedMemory gradients = new(2);
        using GuardedMemory mean = new(2);
        using GuardedMemory square = new(2);
        parameters.Span.Fill(2);
        (gradients.Span[0], gradients.Span[1]) = (0.5f, -3);
        AdamWArguments step = new() { LearningRate = 0.1, WeightDecay = 0.5, Step = 1 };
        OptimizerKernels.AdamW(in step, parameters.Pointer, gradients.Pointer, mean.Pointer, square.Pointer, 2);
        Assert.Equal(2 * 0.95 - 0.1, parameters.Span[0], 6);
        Assert.Equal(2 * 0.95 + 0.1, parameters.Span[1], 6);
    }

    [Theory]
    [InlineData(0.0, 0.0, false)]
    [InlineData(0.0, 0.1, false)]
    [InlineData(0.9, 0.0, false)]
    [InlineData(0.9, 0.1, false)]
    [InlineData(0.9, 0.1, true)]
    public void Steps_of_gradient_descent_agree_with_their_twin_in_any_range(double momentum, double weightDecay, bool nesterov)
    {
        foreach (int length in _lengths)
        {
            using GuardedMemory parameters = GuardedMemory.Random(length, 1);
            using GuardedMemory velocity = GuardedMemory.Random(length, 2);
            using GuardedMemory cutParameters = GuardedMemory.Random(length, 1);
            using GuardedMemory cutVelocity = GuardedMemory.Random(length, 2);
            double[] p = [.. parameters.Span.ToArray().Select(value => (double)value)];
            double[] u = new double[length];
            for (int t = 1; t <= 4; t++)
            {
                using GuardedMemory gradients = GuardedMemory.Random(length, 10 + t);
                SgdArguments step = new()
                {
                    LearningRate = 0.1,
                    Momentum = momentum,
                    WeightDecay = weightDecay,
                    Nesterov = nesterov,
                    First = t == 1,
                    GradientFactor = 0.5f,
                };
                float* buffer = momentum == 0 ? null : velocity.Pointer;
                OptimizerKernels.Sgd(in step, parameters.Pointer, gradients.Pointer, buffer, length);
                foreach ((int start, int count) in Ranges(length))
                {
                    OptimizerKernels.Sgd(
                        in step, cutParameters.Pointer + start, gradients.Pointer + start, cutVelocity.Pointer + start, count);
                }

                for (int i = 0; i < length; i++)
                {
                    double g = 0.5 * gradients.Span[i] + weightDecay * p[i];
                    u[i] = t == 1 ? g : momentum * u[i] + g;
                    p[i] -= 0.1 * (nesterov ? g + momentum * u[i] : u[i]);
                }
            }

            AssertClose(p, parameters, 1e-6);
            if (momentum != 0)
            {
                AssertClose(u, velocity, 1e-6);
            }

            Assert.True(parameters.Span.SequenceEqual(cutParameters.Span) && velocity.Span.SequenceEqual(cutVelocity.Span));
        }
    }

    [Fact]
    public void A_moving_average_agrees_with_its_twin_in_any_range()
    {
        foreach (int length in _lengths)
        {
            using GuardedMemory average = GuardedMemory.Random(length, 1);
            using GuardedMemory cut = GuardedMemory.Random(length, 1);
            using GuardedMemory value = GuardedMemory.Random(length, 2);
            double[] expected = [.. Enumerable.Range(0, length).Select(i => 0.995 * average.Span[i] + (1 - 0.995) * value.Span[i])];
            OptimizerKernels.UpdateEma(0.995, average.Pointer, value.Pointer, length);
            AssertClose(expected, average, 1e-6);
            foreach ((int start, int count) in Ranges(length))
            {
                OptimizerKernels.UpdateEma(0.995, cut.Pointer + start, value.Pointer + start, count);
            }

            Assert.True(average.Span.SequenceEqual(cut.Span));
        }
    }

    [Fact]
    public void A_sum_of_squares_agrees_with_its_twin_and_is_the_same_in_any_grouping()
    {
        foreach (int length in (int[])[1, 5, 16, 1000, 16384, 16385, 70003])
        {
            using GuardedMemory values = GuardedMemory.Random(length, 1);
            int parts = OptimizerKernels.SumOfSquaresParts(length);
            double[] together = new double[parts];
            double[] apart = new double[parts];
            fixed (double* whole = together, single = apart)
            {
                OptimizerKernels.SumOfSquares(values.Pointer, length, whole, 0, parts);
                for (int part = parts - 1; part >= 0; part--)
                {
                    OptimizerKernels.SumOfSquares(values.Pointer, length, single, part, part + 1);
                }

                Assert.Equal(together, apart);
                double expected = 0;
                foreach (float value in values.Span)
                {
                    expected += (double)value * value;
                }

                Assert.Equal(expected, OptimizerKernels.MergeSumOfSquares(whole, parts), expected * 1e-12);
            }
        }
    }

    [Fact]
    public void One_value_that_is_not_finite_is_found_wherever_it_lies()
    {
        foreach (int length in (int[])[1, 8, 13, 40])
        {
            using GuardedMemory values = GuardedMemory.Random(length, 1);
            values.Span[0] = -float.MaxValue;
            Assert.True(OptimizerKernels.AllFinite(values.Pointer, length));
            for (int i = 0; i < length; i++)
            {
                foreach (float wrong in (float[])[float.NaN, -float.NaN, float.PositiveInfinity, float.NegativeInfinity])
                {
                    float right = values.Span[i];
                    values.Span[i] = wrong;
                    Assert.False(OptimizerKernels.AllFinite(values.Pointer, length), $"{wrong} at {i} of {length}");
                    values.Span[i] = right;
                }
            }
        }
    }

    // Ranges that cut a block at odd places.
    private static IEnumerable<(int Start, int Count)> Ranges(int length)
    {
        for (int start = 0, count = 1; start < length; start += count, count = Math.Min(2 * count + 1, 21))
        {
            yield return (start, Math.Min(count, length - start));
        }
    }

    private static void AssertClose(double[] expected, GuardedMemory actual, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual.Span[i]) <= tolerance,
                $"element {i} of {expected.Length} is {actual.Span[i]}, not {expected[i]}");
        }
    }
}
