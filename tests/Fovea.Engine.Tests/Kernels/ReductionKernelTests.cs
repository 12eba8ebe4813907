using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class ReductionKernelTests
{
    private static readonly (int Outer, int Reduced, int Inner)[] _shapes =
    [
        (1, 1, 1), (3, 5, 1), (50, 46, 1), (1, 100_000, 1), (3, 70_001, 1), (700, 33, 1), (2, 196, 384), (5, 49, 46), (1, 3000, 52),
        (1, 9000, 130),
        (1, 40_000, 5), (300, 2, 7), (4, 1, 9), (1, 300, 1000), (7, 129, 33),
    ];

    [Fact]
    public void Sums_means_and_maxima_run_over_the_middle_axis()
    {
        Random random = new(1);
        foreach ((int outer, int reduced, int inner) in _shapes)
        {
            using GuardedMemory x = new((long)outer * reduced * inner, random);
            double[] sums = new double[outer * inner];
            double[] maxima = new double[outer * inner];
            Array.Fill(maxima, double.NegativeInfinity);
            for (int index = 0; index < x.Length; index++)
            {
                int output = index / (reduced * inner) * inner + index % inner;
                sums[output] += x[index];
                maxima[output] = Math.Max(maxima[output], x[index]);
            }

            string what = $"{outer}×{reduced}×{inner}";
            AssertReduction(ReductionFunction.Sum, x, outer, reduced, inner, sums, 1e-6 * Math.Sqrt(reduced), what);
            AssertReduction(
                ReductionFunction.Mean, x, outer, reduced, inner, [.. sums.Select(sum => sum / reduced)], 1e-6 / Math.Sqrt(reduced) + 1e-7,
                what);
            AssertReduction(ReductionFunction.Max, x, outer, reduced, inner, maxima, 0, what);
        }
    }

    [Fact]
    public void A_long_sum_stays_accurate()
    {
        foreach (int inner in new[] { 1, 3, 40 })
        {
            using GuardedMemory x = new(200_000L * inner, 0.1f);
            double[] expected = [.. Enumerable.Repeat((double)0.1f * 200_000, inner)];
            AssertReduction(ReductionFunction.Sum, x, 1, 200_000, inner, expected, 2e-6, $"{inner} columns");
        }
    }

    [Fact]
    public void A_maximum_over_a_NaN_is_NaN_wherever_it_stands()
    {
        foreach ((int reduced, int inner) in new[] { (5, 1), (77, 1), (40_000, 1), (300, 3) })
        {
            foreach (int place in new[] { 0, reduced / 2, reduced - 1 })
            {
                using GuardedMemory x = new((long)reduced * inner, new Random(2));
                using GuardedMemory y = new(inner);
                x.Span[place * inner] = float.NaN;
                Reduce(ReductionFunction.Max, x, y, 1, reduced, inner);
                Assert.True(float.IsNaN(y[0]), $"{reduced} values, NaN at {place}");
                Assert.True(inner == 1 || !float.IsNaN(y[1]));
            }
        }
    }

    private static void Reduce(ReductionFunction kind, GuardedMemory x, GuardedMemory y, int outer, int reduced, int inner)
    {
        using GuardedMemory partials = new(ReductionKernel.PartialFloats(outer, reduced, inner), float.NaN);
        ReductionKernel.Run(kind, x, y, partials, outer, reduced, inner, 0, ReductionKernel.Parts(outer, reduced, inner));
        int mergeParts = ReductionKernel.MergeParts(outer, reduced, inner);
        ReductionKernel.Merge(kind, partials, y, outer, reduced, inner, 0, mergeParts);
        partials.AssertGuards();
        y.AssertGuards();
    }

    private static void AssertReduction(
        ReductionFunction kind, GuardedMemory x, int outer, int reduced, int inner, double[] expected, double tolerance, string what)
    {
        using GuardedMemory y = new(expected.Length, float.NaN);
        using GuardedMemory partials = new(ReductionKernel.PartialFloats(outer, reduced, inner), float.NaN);
        int mergeParts = ReductionKernel.MergeParts(outer, reduced, inner);
        PartGrouping.AssertNoInfluence(
            ReductionKernel.Parts(outer, reduced, inner),
            (first, last) => ReductionKernel.Run(kind, x, y, partials, outer, reduced, inner, first, last),
            mergeParts > 0 ? partials : y);
        if (mergeParts > 0)
        {
            PartGrouping.AssertNoInfluence(
                mergeParts, (first, last) => ReductionKernel.Merge(kind, partials, y, outer, reduced, inner, first, last), y);
        }

        y.AssertNear(expected, tolerance, $"{kind} of {what}");
    }
}
