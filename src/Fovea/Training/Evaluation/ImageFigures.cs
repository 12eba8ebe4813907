namespace Fovea.Training;

/// <summary>Figures of one image in an evaluation.</summary>
/// <param name="Loss">Cross-entropy.</param>
/// <param name="Index">Index in the set.</param>
/// <param name="Truth">Class.</param>
/// <param name="Predicted">Most probable class.</param>
/// <param name="Confidence">Probability of the most probable class.</param>
/// <param name="Rank">Number of classes that are more probable than the true one.</param>
internal readonly record struct ImageFigures(double Loss, int Index, int Truth, int Predicted, float Confidence, int Rank)
{
    /// <summary>Figures from probabilities.</summary>
    /// <param name="index">Index in the set.</param>
    /// <param name="truth">Class.</param>
    /// <param name="probabilities">Probability of each class.</param>
    /// <param name="loss">Cross-entropy.</param>
    public static ImageFigures Of(int index, int truth, ReadOnlySpan<float> probabilities, double loss)
    {
        int predicted = Ranking.IndexOfLargest(probabilities);
        return new ImageFigures(loss, index, truth, predicted, probabilities[predicted], Ranking.RankOf(probabilities, truth));
    }
}
