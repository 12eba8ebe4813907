namespace Fovea.Training;

/// <summary>State of a run after a step.</summary>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Epochs">Number of all epochs.</param>
/// <param name="Done">Images shown in this epoch.</param>
/// <param name="Total">Images of an epoch.</param>
/// <param name="Loss">Mean loss of this epoch so far.</param>
/// <param name="Metrics">The objective's metrics, means over this epoch's images so far.</param>
/// <param name="LearningRate">Learning rate of the step.</param>
public readonly record struct TrainingProgress(
    int Epoch, int Epochs, int Done, int Total, double Loss, IReadOnlyList<Metric> Metrics, double LearningRate);

/// <summary>Figures of one epoch.</summary>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Loss">Mean training loss.</param>
/// <param name="Metrics">The objective's metrics, means over the training images.</param>
/// <param name="LearningRate">Learning rate of the last step.</param>
/// <param name="ImagesPerSecond">Training images per second.</param>
/// <param name="Seconds">Seconds of training since the beginning of the run, evaluation apart.</param>
/// <param name="Validation">The evaluation, null where there is no evaluator.</param>
public sealed record EpochResult(
    int Epoch, double Loss, IReadOnlyList<Metric> Metrics, double LearningRate, double ImagesPerSecond, double Seconds, EvaluationResult? Validation);
