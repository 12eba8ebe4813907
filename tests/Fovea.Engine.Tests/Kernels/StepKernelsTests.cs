using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

/// <summary>Kernels of LAMB, Lion, Muon and clipping against scalar twins, over odd lengths in guarded memory.</summary>
public unsafe class StepKernelsTests
{
    private static readonly int[] _lengths = [1, 7, 8, 9, 31, 1003];

    private static readonly AdamWArguments _step = new() { LearningRate = 1e-2, WeightDecay = 0.1, Step = 3, GradientFactor = 0.5f };

    private delegate void Kernel(float* parameters, float* gradients, float* first, float* second, int length);

    private delegate void Twin(ref double parameter, double gradient, ref double first, ref double second);

    [Fact]
    public void Steps_of_Lion_agree_with_their_twin_in_any_range() => Check(
        (p, g, m, _, length) => OptimizerKernels.Lion(in _step, p, g, m, length),
        (ref double p, double g, ref double m, ref double _) =>
        {
            double c = (0.9 * m) + (0.1 * 0.5 * g);
            p = (p * 0.999) - (0.01 * Math.Sign(c));
            m = (0.999 * m) + (0.001 * 0.5 * g);
        });

    [Fact]
    public void Moments_of_Lamb_agree_with_their_twin_in_any_range() => Check(
        (p, g, m, v, length) => OptimizerKernels.LambMoments(in _step, p, g, m, v, length),
        (ref double _, double g, ref double m, ref double v) =>
        {
            m = (0.9 * m) + (0.1 * 0.5 * g);
            v = (0.999 * v) + (0.001 * 0.25 * g * g);
        });

    [Fact]
    public void Steps_of_Lamb_agree_with_their_twin_in_any_range() => Check(
        (p, _, m, v, length) => OptimizerKernels.LambStep(in _step, 0.3, p, m, v, length),
        (ref double p, double _, ref double m, ref double v) => p -= 0.01 * 0.3 * LambDirection(p, m, v));

    [Fact]
    public void Sums_of_Lamb_are_those_of_weights_and_direction()
    {
        foreach (int length in _lengths)
        {
            using GuardedMemory weights = GuardedMemory.Random(length, 1);
            using GuardedMemory gradients = GuardedMemory.Random(length, 2);
            using GuardedMemory mean = new(length);
            using GuardedMemory square = new(length);
            (double weightSum, double directionSum) = OptimizerKernels.LambMoments(
                in _step, weights.Pointer, gradients.Pointer, mean.Pointer, square.Pointer, length);
            double expectedWeights = 0;
            double expectedDirection = 0;
            for (int i = 0; i < length; i++)
            {
                expectedWeights += (double)weights.Span[i] * weights.Span[i];
                expectedDirection += Math.Pow(LambDirection(weights.Span[i], mean.Span[i], square.Span[i]), 2);
            }

            Assert.Equal(expectedWeights, weightSum, 1e-9 * expectedWeights);
            Assert.Equal(expectedDirection, directionSum, 1e-5 * expectedDirection);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Momentum_of_Muon_agrees_with_its_twin_in_any_range(bool nesterov) => Check(
        (direction, g, m, _, length) => OptimizerKernels.MuonMomentum(0.5f, 0.95, nesterov, g, m, direction, length),
        (ref double direction, double g, ref double m, ref double _) =>
        {
            m = (0.95 * m) + (0.05 * 0.5 * g);
            direction = nesterov ? (0.05 * 0.5 * g) + (0.95 * m) : m;
        });

    [Fact]
    public void A_step_along_a_direction_agrees_with_its_twin_in_any_range() => Check(
        (p, direction, _, _, length) => OptimizerKernels.StepAlong(0.99, 0.2, p, direction, length),
        (ref double p, double direction, ref double _, ref double _) => p = (0.99 * p) - (0.2 * direction));

    [Fact]
    public void Limited_values_agree_with_their_twin_in_any_range() => Check(
        (p, _, _, _, length) => OptimizerKernels.Clamp(p, 0.3f, length),
        (ref double p, double _, ref double _, ref double _) => p = Math.Clamp(p, -0.3f, 0.3f));

    private static double LambDirection(double p, double m, double v) =>
        (m / (1 - Math.Pow(0.9, 3)) / (Math.Sqrt(v / (1 - Math.Pow(0.999, 3))) + 1e-8)) + (0.1 * p);

    private static void Check(Kernel kernel, Twin twin)
    {
        foreach (int length in _lengths)
        {
            using GuardedMemory gradients = GuardedMemory.Random(length, 2);
            using GuardedMemory parameters = GuardedMemory.Random(length, 1);
            using GuardedMemory first = GuardedMemory.Random(length, 3);
            using GuardedMemory second = Squares(length);
            using GuardedMemory cutParameters = GuardedMemory.Random(length, 1);
            using GuardedMemory cutFirst = GuardedMemory.Random(length, 3);
            using GuardedMemory cutSecond = Squares(length);
            double[] p = Doubles(parameters);
            double[] m = Doubles(first);
            double[] v = Doubles(second);
            for (int i = 0; i < length; i++)
            {
                twin(ref p[i], gradients.Span[i], ref m[i], ref v[i]);
            }

            kernel(parameters.Pointer, gradients.Pointer, first.Pointer, second.Pointer, length);
            for (int start = 0, count = 1; start < length; start += count, count = Math.Min((2 * count) + 1, 21))
            {
                kernel(
                    cutParameters.Pointer + start,
                    gradients.Pointer + start,
                    cutFirst.Pointer + start,
                    cutSecond.Pointer + start,
                    Math.Min(count, length - start));
            }

            AssertClose(p, parameters);
            AssertClose(m, first);
            AssertClose(v, second);
            Assert.True(parameters.Span.SequenceEqual(cutParameters.Span));
            Assert.True(first.Span.SequenceEqual(cutFirst.Span) && second.Span.SequenceEqual(cutSecond.Span));
        }
    }

    /// <summary>Mean squares are not negative, and not so small that a root of them loses digits.</summary>
    private static GuardedMemory Squares(int length)
    {
        GuardedMemory memory = GuardedMemory.Random(length, 4);
        for (int i = 0; i < length; i++)
        {
            memory.Span[i] = (memory.Span[i] * memory.Span[i]) + 0.1f;
        }

        return memory;
    }

    private static double[] Doubles(GuardedMemory memory) => [.. memory.Span.ToArray().Select(value => (double)value)];

    private static void AssertClose(double[] expected, GuardedMemory actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual.Span[i]) <= 2e-6,
                $"element {i} of {expected.Length} is {actual.Span[i]}, not {expected[i]}");
        }
    }
}
