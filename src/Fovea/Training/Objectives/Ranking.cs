namespace Fovea.Training;

/// <summary>Order of scores.</summary>
internal static class Ranking
{
    /// <summary>Index of the largest value, the first of equals.</summary>
    public static int IndexOfLargest(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>Number of values that go before one of them: the larger ones, and the equal ones in front of it.</summary>
    public static int RankOf(ReadOnlySpan<float> values, int index)
    {
        int rank = 0;
        for (int i = 0; i < values.Length; i++)
        {
            rank += values[i] > values[index] || (values[i] == values[index] && i < index) ? 1 : 0;
        }

        return rank;
    }
}
