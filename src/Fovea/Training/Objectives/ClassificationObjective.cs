using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Form of the target of a classification.</summary>
public enum ClassTarget
{
    /// <summary>Index of the class: the batch's array <c>labels</c>, (N).</summary>
    Label,

    /// <summary>Probability of each class: the batch's array <c>distribution</c>, (N, classes). Images may be mixed.</summary>
    Distribution,
}

/// <summary>
/// A loss over classes, the mean over the batch; for a head of several classifiers the mean of theirs. Measures <c>accuracy</c>.
/// </summary>
/// <param name="loss">The loss.</param>
/// <param name="target">Form of the target; a loss that takes no labels turns them into distributions.</param>
public sealed class ClassificationObjective(ClassificationLoss loss, ClassTarget target = ClassTarget.Label) : Objective
{
    /// <summary>Name of the only metric: share of images for which the target's most probable class has the largest logit.</summary>
    public const string Accuracy = "accuracy";

    private readonly ClassTarget _target = loss.TakesLabels ? target : ClassTarget.Distribution;

    /// <summary>Makes cross-entropy.</summary>
    /// <param name="smoothing">Label smoothing ε, from 0 to below 1.</param>
    /// <param name="target">Form of the target.</param>
    public ClassificationObjective(float smoothing = 0, ClassTarget target = ClassTarget.Label)
        : this(new ClassificationLoss(Smoothing: smoothing), target)
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Metrics { get; } = [Accuracy];

    private string TargetName => _target == ClassTarget.Label ? Batch.LabelsName : DistributionLayout.DistributionName;

    /// <summary>Cross-entropy of a network's logits, the mean over the batch and over the classifiers of its head.</summary>
    /// <param name="network">The network.</param>
    /// <param name="logits">Output of the network, (N, classes).</param>
    /// <param name="targets">Labels (N), integers, or distributions (N, classes).</param>
    /// <param name="smoothing">Label smoothing ε.</param>
    public static Value Loss(Network network, Value logits, Value targets, float smoothing = 0) =>
        Mean(ClassifiersOf(network, logits), targets, new ClassificationLoss(Smoothing: smoothing));

    /// <inheritdoc/>
    public override BatchLayout Layout(Model model) => _target == ClassTarget.Label
        ? new LabelLayout(model.Info.Preprocessing)
        : new DistributionLayout(model.Info.Preprocessing, model.Network.Classes);

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The network has no head.</exception>
    public override Value Loss(TrainingGraph graph) => Loss(graph, ClassifiersOf(graph.Model.Network, graph.Output));

    /// <inheritdoc/>
    public override void Measure(Plan plan, Batch batch, Span<double> sums)
    {
        ReadOnlySpan<float> logits = plan.Output(InferenceGraph.Logits);
        int classes = logits.Length / batch.Size;
        for (int i = 0; i < batch.Count; i++)
        {
            int truth = _target == ClassTarget.Label ? batch.Labels[i] : Ranking.IndexOfLargest(batch[TargetName].FloatRow(i));
            sums[0] += Ranking.IndexOfLargest(logits.Slice(i * classes, classes)) == truth ? 1 : 0;
        }
    }

    /// <inheritdoc/>
    public override double Score(double loss, IReadOnlyList<Metric> metrics) => metrics[0].Value;

    /// <inheritdoc/>
    /// <exception cref="InvalidDatasetException">
    /// The set has other classes than the model; a model whose classes have no names takes those of the set.
    /// </exception>
    public override ModelInfo Describe(ModelInfo info, ISampleSource training)
    {
        if (training is not IImageDataset images)
        {
            return info;
        }

        if (images.Classes.Count == info.Classes.Count && info.Classes.SequenceEqual(ModelInfo.Unnamed(info.Classes.Count)))
        {
            return info with { Classes = images.Classes };
        }

        ClassCheck.Require(info.Classes, images, "The training set", "the model");
        return info;
    }

    /// <summary>Logits of each classifier of a network's head: of a single one the output itself.</summary>
    internal static IReadOnlyList<Value> ClassifiersOf(Network network, Value logits) =>
        network.Head?.Classifiers is { Count: > 0 } names ? [.. names.Select(name => logits.Graph.Marks[name])] : [logits];

    /// <summary>Builds the mean loss of some of the head's classifiers, and makes the head's logits an output.</summary>
    /// <exception cref="ShapeException">The network has no head.</exception>
    internal Value Loss(TrainingGraph graph, IReadOnlyList<Value> classifiers)
    {
        if (graph.Model.Network.Head is null)
        {
            throw new ShapeException("the model has no head to classify with: give it one by Model.WithHead");
        }

        graph.Graph.Output(InferenceGraph.Logits, graph.Output);
        return Mean(classifiers, graph[TargetName], loss);
    }

    private static Value Mean(IReadOnlyList<Value> classifiers, Value targets, ClassificationLoss loss)
    {
        Value sum = classifiers.Select(logits => loss.Mean(logits, targets)).Aggregate((left, right) => left + right);
        return classifiers.Count == 1 ? sum : sum * (1f / classifiers.Count);
    }
}
