using Fovea.Data;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Losses of a segmentation network's heads.</summary>
/// <param name="loss">Loss of a head; mmsegmentation's where null.</param>
/// <param name="classWeights">Weight of each class; equal weights where null.</param>
public sealed class SegmentationObjective(SegmentationLoss? loss = null, IReadOnlyList<float>? classWeights = null) : DenseObjective
{
    private readonly SegmentationLoss _loss = loss ?? new SegmentationLoss();

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
    private protected override SegmenterHead HeadOf(Model model) => model.Network.Head as SegmenterHead
        ?? throw new ArgumentException(
            $"{model.Info.Name} is no segmentation: take a model named HEAD:BACKBONE, such as semantic_fpn:cmt_ti.", nameof(model));

    /// <inheritdoc/>
    private protected override BatchLayout LayoutOf(Preprocessing preprocessing) => new SegmentationLayout(preprocessing);

    /// <inheritdoc/>
    private protected override IReadOnlyList<(string Name, Value Loss)> Losses(TrainingGraph graph)
    {
        SegmenterHead head = HeadOf(graph.Model);
        return head.Losses(
            graph.Maps,
            graph[Batch.LabelsName],
            (logits, labels) => _loss.Mean(logits, labels, classWeights, head.Options.AlignCorners));
    }

    /// <inheritdoc/>
    private protected override IDataset RequireTargets(ModelInfo info, ISampleSource training) => training as ISegmentationDataset
        ?? throw new InvalidDatasetException("The training set", $"it has no label maps, which {info.Name} learns from.");

    /// <inheritdoc/>
    private protected override ModelInfo Describe(ModelInfo info, IDataset training) =>
        ((ISegmentationDataset)training).Colors is { Count: > 0 } colors ? info with { Colors = colors } : info;
}
