using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Losses of a segmentation: the sum of those of its heads, each of which is a metric, too.</summary>
/// <param name="loss">Loss of a head; mmsegmentation's where null.</param>
/// <param name="classWeights">Weight of each class; equal weights where null.</param>
public sealed class SegmentationObjective(SegmentationLoss? loss = null, IReadOnlyList<float>? classWeights = null) : Objective
{
    private readonly SegmentationLoss _loss = loss ?? new SegmentationLoss();
    private string[] _metrics = [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Metrics => _metrics;

    /// <summary>Creates the objective that options ask for.</summary>
    /// <param name="options">Loss and class weights.</param>
    /// <param name="training">Training images, whose pixels are counted for balanced weights.</param>
    /// <exception cref="ArgumentException">There is not one weight for each class.</exception>
    internal static SegmentationObjective Create(TrainingOptions options, ISegmentationDataset training)
    {
        int classes = training.Classes.Count;
        if (options.ClassWeights is IReadOnlyList<double> weights && weights.Count != classes)
        {
            throw new ArgumentException(
                $"{nameof(options.ClassWeights)} must be {classes} numbers, one for each class, not {weights.Count}.",
                nameof(options));
        }

        IReadOnlyList<float>? classWeights = options.ClassWeights is not null ? [.. options.ClassWeights.Select(weight => (float)weight)]
            : options.BalancedClassWeights ? ClassFrequencies.BalancedWeights(training)
            : null;
        return new SegmentationObjective(options.SegmentationLoss, classWeights);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The model has no segmentation head.</exception>
    public override BatchLayout Layout(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _metrics = [.. HeadOf(model).LossNames];
        return new SegmentationLayout(model.Info.Preprocessing);
    }

    /// <inheritdoc/>
    public override Value Loss(TrainingGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        SegmenterHead head = HeadOf(graph.Model);
        Value? sum = null;
        foreach ((string name, Value part) in head.Losses(
            graph.Maps,
            graph[Batch.LabelsName],
            (logits, labels) => _loss.Mean(logits, labels, classWeights, head.Options.AlignCorners)))
        {
            graph.Graph.Output(name, part);
            sum = sum is null ? part : sum + part;
        }

        return sum!;
    }

    /// <inheritdoc/>
    public override void Measure(Plan plan, Batch batch, Span<double> sums)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(batch);
        for (int i = 0; i < _metrics.Length; i++)
        {
            sums[i] += plan.Output(_metrics[i])[0] * (double)batch.Count;
        }
    }

    /// <inheritdoc/>
    public override ModelInfo Describe(ModelInfo info, ISampleSource training)
    {
        ArgumentNullException.ThrowIfNull(info);
        if (training is not ISegmentationDataset labelled)
        {
            throw new InvalidDatasetException("the training set", $"has no label maps, which {info.Name} learns from");
        }

        return labelled.Classes.SequenceEqual(info.Classes)
            ? info with { Colors = labelled.Colors.Count > 0 ? labelled.Colors : info.Colors }
            : throw new InvalidDatasetException(
                "the training set", $"has the classes {string.Join(", ", labelled.Classes)}, the model {string.Join(", ", info.Classes)}");
    }

    private static SegmenterHead HeadOf(Model model) => model.Network.Head as SegmenterHead
        ?? throw new ArgumentException(
            $"{model.Info.Name} is no segmentation: take a model named HEAD:BACKBONE, such as semantic_fpn:cmt_ti.", nameof(model));
}
