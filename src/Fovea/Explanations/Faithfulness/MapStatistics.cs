namespace Fovea.Explanations;

/// <summary>Figures of a map by itself, and of two maps together.</summary>
internal static class MapStatistics
{
    /// <summary>
    /// Gini index of the magnitudes of a map (Hurley and Rickard 2009, table II): 0 where all cells are alike, 1 − 1/N where one of N cells
    /// holds everything; 0 for a map of zeros.
    /// </summary>
    /// <param name="map">The numbers.</param>
    public static double Gini(ReadOnlySpan<float> map)
    {
        double[] sorted = new double[map.Length];
        for (int i = 0; i < map.Length; i++)
        {
            sorted[i] = Math.Abs((double)map[i]);
        }

        Array.Sort(sorted);
        double sum = sorted.Sum();
        if (sum == 0)
        {
            return 0;
        }

        double weighted = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            weighted += sorted[i] / sum * (sorted.Length - i - 0.5) / sorted.Length;
        }

        return 1 - (2 * weighted);
    }

    /// <summary>
    /// Spearman's rank correlation of two maps of one size, equal numbers sharing their mean rank: −1 to 1, and 0 where a map is constant.
    /// </summary>
    /// <param name="one">A map.</param>
    /// <param name="other">Another one.</param>
    public static double RankCorrelation(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        if (one.Length != other.Length)
        {
            throw new ArgumentException($"Maps of {one.Length} and {other.Length} cells have no correlation.", nameof(other));
        }

        (double[] a, double[] b) = (Ranks(one), Ranks(other));
        double mean = (one.Length - 1) / 2.0;
        (double product, double squaresA, double squaresB) = (0, 0, 0);
        for (int i = 0; i < a.Length; i++)
        {
            product += (a[i] - mean) * (b[i] - mean);
            squaresA += (a[i] - mean) * (a[i] - mean);
            squaresB += (b[i] - mean) * (b[i] - mean);
        }

        return squaresA * squaresB > 0 ? product / Math.Sqrt(squaresA * squaresB) : 0;
    }

    private static double[] Ranks(ReadOnlySpan<float> map)
    {
        float[] values = map.ToArray();
        int[] order = [.. Enumerable.Range(0, values.Length)];
        Array.Sort(order, (a, b) => values[a].CompareTo(values[b]));
        double[] ranks = new double[values.Length];
        for (int first = 0, last; first < order.Length; first = last)
        {
            last = first + 1;
            while (last < order.Length && values[order[last]] == values[order[first]])
            {
                last++;
            }

            for (int i = first; i < last; i++)
            {
                ranks[order[i]] = (first + last - 1) / 2.0;
            }
        }

        return ranks;
    }
}
