using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class LayerNormKernelTests
{
    private const float Epsilon = 1e-5f;

    private static readonly (int Rows, int Columns)[] _shapes =
        [(1, 1), (3, 5), (17, 8), (50, 46), (33, 52), (700, 24), (41, 384), (1000, 13), (2, 20000)];

    [Fact]
    public void Every_row_is_normalised_scaled_and_shifted()
    {
        Random random = new(1);
        foreach ((int rows, int columns) in _shapes)
        {
            using GuardedMemory x = new((long)rows * columns, random, 3);
            using GuardedMemory weight = new(columns, random);
            using GuardedMemory bias = new(columns, random);
            using GuardedMemory y = new(x.Length);
            using GuardedMemory mean = new(rows);
            using GuardedMemory deviation = new(rows);
            double[] input = ToDouble(x);
            (double[] Y, double[] Mean, double[] Deviation) twin = Forward(input, ToDouble(weight), ToDouble(bias), rows, columns);
            PartGrouping.AssertNoInfluence(
                LayerNormKernel.Parts(rows, columns),
                (first, last) => LayerNormKernel.Forward(x, weight, bias, Epsilon, y, mean, deviation, rows, columns, first, last),
                y,
                mean,
                deviation);
            y.AssertNear(twin.Y, columns == 1 ? 1e-3 : 4e-6, $"y of {rows}×{columns}");
            mean.AssertNear(twin.Mean, 2e-6, $"mean of {rows}×{columns}");
            deviation.AssertNear(twin.Deviation, 4e-6, $"1/deviation of {rows}×{columns}");

            LayerNormKernel.Forward(x, weight, bias, Epsilon, x, null, null, rows, columns, 0, LayerNormKernel.Parts(rows, columns));
            x.AssertGuards();
            Assert.Equal(y.ToArray(), x.ToArray());
        }
    }

    [Fact]
    public void A_mean_far_from_zero_does_not_spoil_the_variance()
    {
        using GuardedMemory x = new(384, new Random(2));
        foreach (ref float value in x.Span)
        {
            value += 1000;
        }

        using GuardedMemory ones = new(384, 1f);
        using GuardedMemory zeros = new(384);
        using GuardedMemory y = new(384);
        LayerNormKernel.Forward(x, ones, zeros, Epsilon, y, null, null, 1, 384, 0, 1);
        y.AssertNear(Forward(ToDouble(x), ToDouble(ones), ToDouble(zeros), 1, 384).Y, 2e-4, "y");
    }

    [Fact]
    public void The_gradient_follows_its_formula()
    {
        Random random = new(3);
        foreach ((int rows, int columns) in _shapes.Where(shape => shape.Columns > 1))
        {
            using GuardedMemory x = new((long)rows * columns, random);
            using GuardedMemory weight = new(columns, random);
            using GuardedMemory dy = new(x.Length, random);
            using GuardedMemory dx = new(x.Length);
            using GuardedMemory partials = new(LayerNormKernel.PartialFloats(rows, columns));
            using GuardedMemory weightGradient = new(columns, float.NaN);
            using GuardedMemory biasGradient = new(columns, float.NaN);
            (double[] Y, double[] Mean, double[] Deviation) forward =
                Forward(ToDouble(x), ToDouble(weight), new double[columns], rows, columns);
            using GuardedMemory mean = FromDouble(forward.Mean);
            using GuardedMemory deviation = FromDouble(forward.Deviation);
            int parts = LayerNormKernel.GradientParts(rows);
            Assert.InRange(parts, 1, 32);
            PartGrouping.AssertNoInfluence(
                parts,
                (first, last) => LayerNormKernel.Gradient(x, weight, mean, deviation, dy, dx, partials, rows, columns, first, last),
                dx,
                partials);
            LayerNormKernel.MergeGradient(partials, weightGradient, biasGradient, rows, columns);
            (double[] X, double[] Weight, double[] Bias) twin = Gradient(ToDouble(x), ToDouble(weight), ToDouble(dy), rows, columns);
            dx.AssertNear(twin.X, 1e-5, $"dx of {rows}×{columns}");
            weightGradient.AssertNear(twin.Weight, 1e-5, $"dweight of {rows}×{columns}");
            biasGradient.AssertNear(twin.Bias, 1e-5, $"dbias of {rows}×{columns}");

            LayerNormKernel.Gradient(x, weight, mean, deviation, dy, dy, partials, rows, columns, 0, parts);
            Assert.Equal(dx.ToArray(), dy.ToArray());
        }
    }

    [Fact]
    public void The_formula_of_the_gradient_agrees_with_finite_differences()
    {
        Random random = new(4);
        const int Rows = 3;
        const int Columns = 7;
        double[] x = Random(Rows * Columns);
        double[] weight = Random(Columns);
        double[] bias = Random(Columns);
        double[] dy = Random(Rows * Columns);
        (double[] X, double[] Weight, double[] Bias) twin = Gradient(x, weight, dy, Rows, Columns);
        FiniteDifferences.AssertGradient(twin.X, x, Loss, 1e-6);
        FiniteDifferences.AssertGradient(twin.Weight, weight, Loss, 1e-6);
        FiniteDifferences.AssertGradient(twin.Bias, bias, Loss, 1e-6);

        double Loss() => Forward(x, weight, bias, Rows, Columns).Y.Zip(dy, (value, gradient) => value * gradient).Sum();
        double[] Random(int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextDouble() * 2 - 1)];
    }

    private static (double[] Y, double[] Mean, double[] Deviation) Forward(
        double[] x, double[] weight, double[] bias, int rows, int columns)
    {
        double[] y = new double[x.Length];
        double[] mean = new double[rows];
        double[] deviation = new double[rows];
        for (int row = 0; row < rows; row++)
        {
            double[] values = x[(row * columns)..((row + 1) * columns)];
            mean[row] = values.Average();
            deviation[row] = 1 / Math.Sqrt(values.Average(value => (value - mean[row]) * (value - mean[row])) + Epsilon);
            for (int column = 0; column < columns; column++)
            {
                y[row * columns + column] = (values[column] - mean[row]) * deviation[row] * weight[column] + bias[column];
            }
        }

        return (y, mean, deviation);
    }

    private static (double[] X, double[] Weight, double[] Bias) Gradient(double[] x, double[] weight, double[] dy, int rows, int columns)
    {
        (double[] _, double[]? mean, double[]? deviation) = Forward(x, weight, new double[columns], rows, columns);
        double[] dx = new double[x.Length];
        double[] weightGradient = new double[columns];
        double[] biasGradient = new double[columns];
        for (int row = 0; row < rows; row++)
        {
            int start = row * columns;
            double Normalized(int column) => (x[start + column] - mean[row]) * deviation[row];
            double sum = 0;
            double product = 0;
            for (int column = 0; column < columns; column++)
            {
                sum += dy[start + column] * weight[column];
                product += dy[start + column] * weight[column] * Normalized(column);
                weightGradient[column] += dy[start + column] * Normalized(column);
                biasGradient[column] += dy[start + column];
            }

            for (int column = 0; column < columns; column++)
            {
                dx[start + column] = deviation[row]
                    * (dy[start + column] * weight[column] - sum / columns - Normalized(column) * product / columns);
            }
        }

        return (dx, weightGradient, biasGradient);
    }

    private static double[] ToDouble(GuardedMemory memory) => [.. memory.ToArray().Select(value => (double)value)];

    private static GuardedMemory FromDouble(double[] values)
    {
        GuardedMemory memory = new(values.Length);
        for (int index = 0; index < values.Length; index++)
        {
            memory.Span[index] = (float)values[index];
        }

        return memory;
    }
}
