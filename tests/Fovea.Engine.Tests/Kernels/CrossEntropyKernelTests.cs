using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class CrossEntropyKernelTests
{
    [Fact]
    public void Losses_and_gradients_follow_their_formulas()
    {
        Random random = new(1);
        foreach ((int rows, int classes) in new[] { (1, 1), (5, 2), (9, 10), (2000, 8), (33, 100), (17, 1000), (3, 9001) })
        {
            foreach (float smoothing in new[] { 0f, 0.1f })
            {
                using GuardedMemory logits = new((long)rows * classes, random, 8);
                using GuardedMemory upstream = new(rows, random);
                using GuardedMemory losses = new(rows);
                using GuardedMemory gradients = new(logits.Length);
                int[] labels = [.. Enumerable.Range(0, rows).Select(row => row % 4 == 3 ? -1 : random.Next(classes))];
                int parts = CrossEntropyKernel.Parts(rows, classes);
                PartGrouping.AssertNoInfluence(
                    parts, (first, last) => Forward(logits, labels, smoothing, losses, classes, first, last), losses);
                PartGrouping.AssertNoInfluence(
                    parts, (first, last) => Gradient(logits, labels, smoothing, upstream, gradients, classes, first, last), gradients);
                double[] x = [.. logits.ToArray().Select(value => (double)value)];
                string what = $"{rows}×{classes}, smoothing {smoothing}";
                losses.AssertNear([.. labels.Select((label, row) => Loss(x, row, label, smoothing, classes))], 2e-6, what);
                gradients.AssertNear(Gradient(x, labels, smoothing, upstream.ToArray(), classes), 2e-6, what);

                Gradient(logits, labels, smoothing, upstream, logits, classes, 0, parts);
                Assert.Equal(gradients.ToArray(), logits.ToArray());
            }
        }
    }

    [Fact]
    public void The_formula_of_the_gradient_agrees_with_finite_differences()
    {
        Random random = new(2);
        double[] x = [.. Enumerable.Range(0, 4 * 5).Select(_ => random.NextDouble() * 4 - 2)];
        int[] labels = [2, -1, 0, 4];
        float[] upstream = [0.5f, 2, -1, 0.25f];
        double[] gradient = Gradient(x, labels, 0.2f, upstream, 5);
        FiniteDifferences.AssertGradient(
            gradient, x, () => labels.Select((label, row) => upstream[row] * Loss(x, row, label, 0.2f, 5)).Sum(), 1e-8);
    }

    [Fact]
    public void Logits_of_any_size_give_finite_losses()
    {
        using GuardedMemory logits = new(3);
        using GuardedMemory losses = new(1);
        logits.Span[0] = 3e4f;
        logits.Span[1] = -3e4f;
        logits.Span[2] = float.NegativeInfinity;
        Forward(logits, [1], 0, losses, 3, 0, 1);
        Assert.Equal(6e4f, losses[0]);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(3)]
    public void A_label_that_is_no_class_is_named_with_its_row(int label)
    {
        using GuardedMemory logits = new(6);
        using GuardedMemory losses = new(2);
        int[] labels = [0, label];
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => Forward(logits, labels, 0, losses, 3, 0, 1));
        Assert.Contains($"row 1 is {label}", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Gradient(logits, labels, 0, losses, logits, 3, 0, 1));
    }

    private static void Forward(GuardedMemory logits, int[] labels, float smoothing, GuardedMemory losses, int classes, int first, int last)
    {
        fixed (int* pointer = labels)
        {
            CrossEntropyKernel.Forward(logits, pointer, smoothing, losses, labels.Length, classes, first, last);
        }
    }

    private static void Gradient(
        GuardedMemory logits, int[] labels, float smoothing, GuardedMemory upstream, GuardedMemory gradients, int classes, int first,
        int last)
    {
        fixed (int* pointer = labels)
        {
            CrossEntropyKernel.Gradient(logits, pointer, smoothing, upstream, gradients, labels.Length, classes, first, last);
        }
    }

    private static double Target(int column, int label, double smoothing, int classes) =>
        smoothing / classes + (column == label ? 1 - smoothing : 0);

    private static double Loss(double[] x, int row, int label, double smoothing, int classes)
    {
        if (label < 0)
        {
            return 0;
        }

        double total = Math.Log(x.Skip(row * classes).Take(classes).Sum(Math.Exp));
        return x.Skip(row * classes).Take(classes).Select(
            (value, column) => Target(column, label, smoothing, classes) * (total - value)).Sum();
    }

    private static double[] Gradient(double[] x, int[] labels, double smoothing, float[] upstream, int classes)
    {
        double[] gradient = new double[x.Length];
        for (int row = 0; row < labels.Length; row++)
        {
            double sum = x.Skip(row * classes).Take(classes).Sum(Math.Exp);
            for (int column = 0; labels[row] >= 0 && column < classes; column++)
            {
                double probability = Math.Exp(x[row * classes + column]) / sum;
                gradient[row * classes + column] = upstream[row] * (probability - Target(column, labels[row], smoothing, classes));
            }
        }

        return gradient;
    }
}
