using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class SoftmaxKernelTests
{
    private static readonly (int Rows, int Columns)[] _shapes = [(1, 1), (3, 5), (40, 8), (300, 46), (77, 196), (2, 10000)];

    [Fact]
    public void Every_row_is_the_normalised_exponential()
    {
        Random random = new(1);
        foreach ((int rows, int columns) in _shapes)
        {
            using GuardedMemory x = new((long)rows * columns, random, 10);
            x.Span[0] = -200;
            using GuardedMemory y = new(x.Length);
            PartGrouping.AssertNoInfluence(
                SoftmaxKernel.Parts(rows, columns), (first, last) => SoftmaxKernel.Forward(x, y, rows, columns, first, last), y);
            y.AssertNear(Forward([.. x.ToArray().Select(value => (double)value)], rows, columns), 2e-6, $"{rows}×{columns}");
            SoftmaxKernel.Forward(x, x, rows, columns, 0, SoftmaxKernel.Parts(rows, columns));
            Assert.Equal(y.ToArray(), x.ToArray());
        }
    }

    [Fact]
    public void The_gradient_follows_its_formula_and_the_formula_agrees_with_finite_differences()
    {
        Random random = new(2);
        foreach ((int rows, int columns) in _shapes)
        {
            double[] x = [.. Enumerable.Range(0, rows * columns).Select(_ => random.NextDouble() * 4 - 2)];
            double[] probabilities = Forward(x, rows, columns);
            using GuardedMemory y = new(x.Length);
            using GuardedMemory dy = new(x.Length, random);
            using GuardedMemory dx = new(x.Length);
            for (int index = 0; index < x.Length; index++)
            {
                y.Span[index] = (float)probabilities[index];
            }

            PartGrouping.AssertNoInfluence(
                SoftmaxKernel.Parts(rows, columns), (first, last) => SoftmaxKernel.Gradient(y, dy, dx, rows, columns, first, last), dx);
            double[] gradient = new double[x.Length];
            for (int start = 0; start < x.Length; start += columns)
            {
                double product = Enumerable.Range(start, columns).Sum(index => probabilities[index] * dy[index]);
                for (int index = start; index < start + columns; index++)
                {
                    gradient[index] = probabilities[index] * (dy[index] - product);
                }
            }

            dx.AssertNear(gradient, 1e-6, $"{rows}×{columns}");
            if (x.Length < 100)
            {
                FiniteDifferences.AssertGradient(
                    gradient, x, () => Forward(x, rows, columns).Select((value, index) => value * dy[index]).Sum(), 1e-7);
            }

            SoftmaxKernel.Gradient(y, dy, dy, rows, columns, 0, SoftmaxKernel.Parts(rows, columns));
            Assert.Equal(dx.ToArray(), dy.ToArray());
        }
    }

    private static double[] Forward(double[] x, int rows, int columns)
    {
        double[] y = new double[x.Length];
        for (int row = 0; row < rows; row++)
        {
            double[] powers = [.. x.Skip(row * columns).Take(columns).Select(Math.Exp)];
            double sum = powers.Sum();
            for (int column = 0; column < columns; column++)
            {
                y[row * columns + column] = powers[column] / sum;
            }
        }

        return y;
    }
}
