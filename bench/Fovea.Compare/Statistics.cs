namespace Fovea.Compare;

/// <summary>Sums of many measurements.</summary>
internal static class Statistics
{
    /// <summary>The middle value; the mean of the two middle ones where there is an even number.</summary>
    /// <param name="values">One value at least.</param>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0
            ? throw new ArgumentException("Nothing has no median.", nameof(values))
            : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The mean that is right for ratios: the n-th root of the product.</summary>
    /// <param name="values">One positive value at least.</param>
    public static double GeometricMean(IEnumerable<double> values) => Math.Exp(values.Average(Math.Log));

    /// <summary>
    /// The largest difference of two results, as a share of the first one's largest magnitude; not a number where a value is none.
    /// </summary>
    /// <param name="wanted">What is taken for right.</param>
    /// <param name="got">As many values.</param>
    public static double LargestDifference(ReadOnlySpan<float> wanted, ReadOnlySpan<float> got)
    {
        if (wanted.Length != got.Length)
        {
            throw new ArgumentException($"{wanted.Length} values cannot be compared with {got.Length}.", nameof(got));
        }

        double largest = 0;
        double difference = 0;
        for (int i = 0; i < wanted.Length; i++)
        {
            // Math.Max hands on what is not a number.
            largest = Math.Max(largest, Math.Abs((double)wanted[i]));
            difference = Math.Max(difference, Math.Abs((double)wanted[i] - got[i]));
        }

        return difference == 0 ? 0 : difference / largest;
    }
}
