using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// Knowledge distillation (arXiv 1503.02531; arXiv 2012.12877, section 4): (1 − α) · objective + α · D. The hard distance D is the
/// cross-entropy with the teacher's most probable class; the soft one T² / (N · classes) · Σ p_teacher · (log p_teacher − log p), both at
/// temperature T.
/// </summary>
/// <remarks>
/// Where a head has a classifier for each, as that of the distilled PiT, the objective is the first one's and the distance the last one's.
/// The teacher sees the images of the batch as they are, augmented and mixed, in inference mode.
/// </remarks>
public sealed class DistillationObjective : Objective, IDisposable
{
    private const string TeacherLabels = "teacher_labels";
    private readonly ClassificationObjective _classification;
    private readonly Teacher _teacher;
    private readonly DistillationKind _kind;
    private readonly float _alpha;
    private readonly float _temperature;

    /// <summary>Makes an objective.</summary>
    /// <param name="teacher">The model to learn from, with the same classes and image size; it stays the caller's.</param>
    /// <param name="kind">Target that the teacher gives.</param>
    /// <param name="alpha">Weight α of the teacher, from 0 to 1.</param>
    /// <param name="temperature">Temperature T that softens both outputs, above 0; for the soft target.</param>
    /// <param name="objective">The objective beside the teacher; cross-entropy with labels where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">α or T is out of range.</exception>
    public DistillationObjective(
        Model teacher,
        DistillationKind kind = DistillationKind.Soft,
        float alpha = 0.5f,
        float temperature = 1,
        ClassificationObjective? objective = null)
    {
        if (alpha is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "The teacher's weight lies between 0 and 1.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        (_kind, _alpha, _temperature) = (kind, alpha, temperature);
        _teacher = new Teacher(teacher);
        _classification = objective ?? new ClassificationObjective();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Metrics => _classification.Metrics;

    /// <inheritdoc/>
    public override BatchLayout Layout(Model model) => _classification.Layout(model);

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The teacher has another number of classes, or does not take the batch's images.</exception>
    public override Value Loss(TrainingGraph graph)
    {
        IReadOnlyList<Value> classifiers = ClassificationObjective.ClassifiersOf(graph.Model.Network, graph.Output);
        Value objective = _classification.Loss(graph, [classifiers[0]]);
        Shape teacher = _teacher.Prepare(graph);
        if (!teacher.Equals(graph.Output.Shape))
        {
            throw new ShapeException($"the teacher gives {teacher}, the model that learns from it {graph.Output.Shape}");
        }

        Value distance = _kind == DistillationKind.Hard ? HardDistance(graph, classifiers[^1]) : SoftDistance(graph, classifiers[^1]);
        return (objective * (1 - _alpha)) + (distance * _alpha);
    }

    /// <inheritdoc/>
    public override void Prepare(Batch batch, Plan plan)
    {
        if (_kind == DistillationKind.Soft)
        {
            _teacher.Feed(batch, plan);
            return;
        }

        ReadOnlySpan<float> logits = _teacher.Run(batch);
        Span<int> labels = plan.IntegerInput(TeacherLabels);
        int classes = logits.Length / labels.Length;
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = Ranking.IndexOfLargest(logits.Slice(i * classes, classes));
        }
    }

    /// <inheritdoc/>
    public override void Measure(Plan plan, Batch batch, Span<double> sums) => _classification.Measure(plan, batch, sums);

    /// <inheritdoc/>
    public override double Score(double loss, IReadOnlyList<Metric> metrics) => _classification.Score(loss, metrics);

    /// <inheritdoc/>
    public override ModelInfo Describe(ModelInfo info, ISampleSource training) => _classification.Describe(info, training);

    /// <summary>Frees the teacher's plans; its model stays.</summary>
    public void Dispose() => _teacher.Dispose();

    private static Value HardDistance(TrainingGraph graph, Value student) =>
        student.CrossEntropy(graph.Graph.Input(TeacherLabels, [graph.BatchSize], ElementType.Int32)).Mean(0);

    private Value SoftDistance(TrainingGraph graph, Value student)
    {
        Value target = (_teacher.AddTo(graph) / _temperature).LogSoftmax();
        Value difference = target - (student / _temperature).LogSoftmax();
        Value divergence = (target.Exp() * difference).Sum(1).Reshape([graph.BatchSize]).Mean(0);
        return divergence * (_temperature * _temperature / student.Shape[1]);
    }
}
