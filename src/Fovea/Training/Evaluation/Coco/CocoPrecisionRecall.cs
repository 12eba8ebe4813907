namespace Fovea.Training;

/// <summary>Precision and recall of one class over all images, at one threshold and for one range of areas.</summary>
/// <param name="Recall">Share of the objects that are found.</param>
/// <param name="Precisions">Precision at each of the 101 recalls.</param>
internal readonly record struct CocoPrecisionRecall(double Recall, double[] Precisions)
{
    // The spacing of doubles at one, which keeps the quotient of two zeros away.
    private const double Epsilon = 1.0 / (1L << 52);

    /// <summary>Follows the detections by falling score.</summary>
    /// <param name="matches">Detections by falling score: found an object or not, ignored or not.</param>
    /// <param name="expected">Number of objects that are to be found, at least one.</param>
    public static CocoPrecisionRecall Of(IEnumerable<(bool Found, bool Ignored)> matches, int expected)
    {
        (int right, int wrong) = (0, 0);
        List<double> recalls = [];
        List<double> precisions = [];
        foreach ((bool found, bool ignored) in matches)
        {
            right += found && !ignored ? 1 : 0;
            wrong += found || ignored ? 0 : 1;
            recalls.Add(right / (double)expected);
            precisions.Add(right / (right + wrong + Epsilon));
        }

        for (int i = precisions.Count - 2; i >= 0; i--)
        {
            precisions[i] = Math.Max(precisions[i], precisions[i + 1]);
        }

        return new CocoPrecisionRecall(recalls.Count > 0 ? recalls[^1] : 0, AtRecalls(recalls, precisions));
    }

    private static double[] AtRecalls(List<double> recalls, List<double> precisions)
    {
        double[] values = new double[CocoParameters.Recalls.Length];
        int position = 0;
        for (int i = 0; i < values.Length; i++)
        {
            while (position < recalls.Count && recalls[position] < CocoParameters.Recalls[i])
            {
                position++;
            }

            values[i] = position < recalls.Count ? precisions[position] : 0;
        }

        return values;
    }
}
