using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// Knowledge distillation (Hinton, Vinyals and Dean, arXiv 1503.02531): (1 − α) · cross-entropy with the targets + α · T² · KL
/// divergence of the softened output from the teacher's, the means over the batch.
/// </summary>
public sealed class DistillationObjective : Objective, IDisposable
{
    private readonly ClassificationObjective _classification;
    private readonly Teacher _teacher;
    private readonly float _alpha;
    private readonly float _temperature;

    /// <summary>Makes an objective.</summary>
    /// <param name="teacher">The model to learn from, with the same classes and image size; it stays the caller's.</param>
    /// <param name="alpha">Weight α of the teacher, from 0 to 1.</param>
    /// <param name="temperature">Temperature T that softens both outputs, above 0.</param>
    /// <param name="smoothing">Label smoothing ε of the cross-entropy.</param>
    /// <param name="target">Form of the target.</param>
    /// <exception cref="ArgumentOutOfRangeException">α or T is out of range.</exception>
    public DistillationObjective(
        Model teacher, float alpha = 0.5f, float temperature = 1, float smoothing = 0, ClassTarget target = ClassTarget.Label)
    {
        if (alpha is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "The teacher's weight lies between 0 and 1.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        (_alpha, _temperature) = (alpha, temperature);
        _teacher = new Teacher(teacher);
        _classification = new ClassificationObjective(smoothing, target);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Metrics => _classification.Metrics;

    /// <inheritdoc/>
    public override BatchLayout Layout(Model model) => _classification.Layout(model);

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The teacher has another number of classes, or does not take the batch's images.</exception>
    public override Value Loss(TrainingGraph graph)
    {
        Value hard = _classification.Loss(graph);
        Value teacher = _teacher.AddTo(graph);
        if (!teacher.Shape.Equals(graph.Output.Shape))
        {
            throw new ShapeException($"the teacher gives {teacher.Shape}, the model that learns from it {graph.Output.Shape}");
        }

        Value target = (teacher / _temperature).LogSoftmax();
        Value difference = target - (graph.Output / _temperature).LogSoftmax();
        Value divergence = (target.Exp() * difference).Sum(1).Reshape([graph.BatchSize]).Mean(0);
        return (hard * (1 - _alpha)) + (divergence * (_alpha * _temperature * _temperature));
    }

    /// <inheritdoc/>
    public override void Prepare(Batch batch, Plan plan) => _teacher.Feed(batch, plan);

    /// <inheritdoc/>
    public override void Measure(Plan plan, Batch batch, Span<double> sums) => _classification.Measure(plan, batch, sums);

    /// <inheritdoc/>
    public override double Score(double loss, IReadOnlyList<Metric> metrics) => _classification.Score(loss, metrics);

    /// <inheritdoc/>
    public override ModelInfo Describe(ModelInfo info, ISampleSource training) => _classification.Describe(info, training);

    /// <summary>Frees the teacher's plans; its model stays.</summary>
    public void Dispose() => _teacher.Dispose();
}
