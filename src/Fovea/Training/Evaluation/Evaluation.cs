using Fovea.Data;

namespace Fovea.Training;

/// <summary>An image that was classified wrong.</summary>
/// <param name="Index">Its index in the data set.</param>
/// <param name="Truth">Index of its class.</param>
/// <param name="Predicted">Index of the class that it was taken for.</param>
/// <param name="Confidence">Probability given to that class.</param>
public readonly record struct Mistake(int Index, int Truth, int Predicted, float Confidence);

/// <summary>Figures of a classification.</summary>
/// <param name="Loss">Mean cross-entropy, without smoothing.</param>
/// <param name="Top1">Share of images whose class has the highest probability; decides which checkpoint is the best.</param>
/// <param name="Top5">Share of images whose class is among the five of highest probability.</param>
/// <param name="Confusion">Number of images of each class taken for each class.</param>
/// <param name="Mistakes">Wrong predictions of highest confidence, highest first.</param>
public sealed record Evaluation(double Loss, double Top1, double Top5, ConfusionMatrix Confusion, IReadOnlyList<Mistake> Mistakes)
    : EvaluationResult
{
    /// <summary>Images that could not be read and are not counted.</summary>
    public IReadOnlyList<UnreadableImage> Unreadable { get; init; } = [];

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Metrics =>
        [new Metric("validationLoss", Loss, "loss/validation"), new Metric("top1", Top1, "accuracy/validation"), new Metric("top5", Top5)];

    /// <inheritdoc/>
    public override double Score => Top1;

    /// <inheritdoc/>
    public override bool IsFinite => double.IsFinite(Loss);
}
