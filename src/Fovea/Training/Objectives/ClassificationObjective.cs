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

/// <summary>Cross-entropy over classes, the mean over the batch; for a head of several classifiers the mean of theirs. Measures <c>accuracy</c>.</summary>
/// <param name="smoothing">Label smoothing ε, from 0 to below 1.</param>
/// <param name="target">Form of the target.</param>
public sealed class ClassificationObjective(float smoothing = 0, ClassTarget target = ClassTarget.Label) : Objective
{
    /// <summary>Name of the only metric: share of images for which the target's most probable class has the largest logit.</summary>
    public const string Accuracy = "accuracy";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Metrics { get; } = [Accuracy];

    private string TargetName => target == ClassTarget.Label ? Batch.LabelsName : DistributionLayout.DistributionName;

    /// <summary>Cross-entropy of a network's logits, the mean over the batch and over the classifiers of its head.</summary>
    /// <param name="network">The network.</param>
    /// <param name="logits">Output of the network, (N, classes).</param>
    /// <param name="targets">Labels (N), integers, or distributions (N, classes).</param>
    /// <param name="smoothing">Label smoothing ε.</param>
    public static Value Loss(Network network, Value logits, Value targets, float smoothing = 0)
    {
        IReadOnlyList<string> classifiers = network.Head?.Classifiers ?? [];
        Value[] each = classifiers.Count == 0 ? [logits] : [.. classifiers.Select(name => logits.Graph.Marks[name])];
        Value sum = each.Select(one => one.CrossEntropy(targets, smoothing).Mean(0)).Aggregate((left, right) => left + right);
        return each.Length == 1 ? sum : sum * (1f / each.Length);
    }

    /// <inheritdoc/>
    public override BatchLayout Layout(Model model) => target == ClassTarget.Label
        ? new LabelLayout(model.Info.Preprocessing)
        : new DistributionLayout(model.Info.Preprocessing, model.Network.Classes);

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The network has no head.</exception>
    public override Value Loss(TrainingGraph graph)
    {
        if (graph.Model.Network.Head is null)
        {
            throw new ShapeException("the model has no head to classify with: give it one by Model.WithHead");
        }

        graph.Graph.Output(InferenceGraph.Logits, graph.Output);
        return Loss(graph.Model.Network, graph.Output, graph[TargetName], smoothing);
    }

    /// <inheritdoc/>
    public override void Measure(Plan plan, Batch batch, Span<double> sums)
    {
        ReadOnlySpan<float> logits = plan.Output(InferenceGraph.Logits);
        int classes = logits.Length / batch.Size;
        for (int i = 0; i < batch.Count; i++)
        {
            int truth = target == ClassTarget.Label ? batch.Labels[i] : Ranking.IndexOfLargest(batch[TargetName].FloatRow(i));
            sums[0] += Ranking.IndexOfLargest(logits.Slice(i * classes, classes)) == truth ? 1 : 0;
        }
    }

    /// <inheritdoc/>
    public override double Score(double loss, IReadOnlyList<Metric> metrics) => metrics[0].Value;

    /// <inheritdoc/>
    /// <exception cref="InvalidDatasetException">The set has other classes than the model; a model whose classes have no names takes those of the set.</exception>
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
}
