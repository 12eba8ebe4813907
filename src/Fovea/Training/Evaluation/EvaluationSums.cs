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
    /// <param name="image">Its figures.</param>
    public void Add(in ImageFigures image)
    {
        _confusion.Add(image.Truth, image.Predicted);
        _loss += image.Loss;
        _top5 += image.Rank < 5 ? 1 : 0;
        _count++;
        if (image.Predicted != image.Truth)
        {
            _mistakes.Add(new Mistake(image.Index, image.Truth, image.Predicted, image.Confidence));
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
