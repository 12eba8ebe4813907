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

    /// <summary>Number of values above one of them.</summary>
    public static int RankOf(ReadOnlySpan<float> values, int index)
    {
        int rank = 0;
        foreach (float value in values)
        {
            rank += value > values[index] ? 1 : 0;
        }

        return rank;
    }
}
