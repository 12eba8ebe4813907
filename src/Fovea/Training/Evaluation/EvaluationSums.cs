namespace Fovea.Training;

/// <summary>Sums over the images of an evaluation, one after the other.</summary>
/// <param name="classes">The classes in the order of the labels.</param>
internal sealed class EvaluationSums(IReadOnlyList<string> classes)
{
    private const int KeptMistakes = 24;
    private readonly ConfusionMatrix _confusion = new(classes);
    private readonly List<Mistake> _mistakes = [];
    private double _loss;
    private int _top5;
    private int _count;

    /// <summary>Counts an image.</summary>
    /// <param name="index">Its index in the set.</param>
    /// <param name="truth">Its class.</param>
    /// <param name="probabilities">Probability of each class.</param>
    /// <param name="loss">Its cross-entropy.</param>
    public void Add(int index, int truth, ReadOnlySpan<float> probabilities, double loss)
    {
        int predicted = Ranking.IndexOfLargest(probabilities);
        _confusion.Add(truth, predicted);
        _loss += loss;
        _top5 += Ranking.RankOf(probabilities, truth) < 5 ? 1 : 0;
        _count++;
        if (predicted != truth)
        {
            _mistakes.Add(new Mistake(index, truth, predicted, probabilities[predicted]));
        }
    }

    /// <summary>The figures of the images so far.</summary>
    public Evaluation ToEvaluation() => new(
        _loss / _count,
        _confusion.Accuracy,
        (double)_top5 / _count,
        _confusion,
        [.. _mistakes.OrderByDescending(mistake => mistake.Confidence).ThenBy(mistake => mistake.Index).Take(KeptMistakes)]);
}
