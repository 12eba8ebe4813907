using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Losses of a detector. The regions and anchors that are learnt from are drawn by seed and step.</summary>
/// <param name="mostObjects">Largest number of objects in an image; of more, the first are learnt from.</param>
public sealed class DetectionObjective(int mostObjects = 100) : DenseObjective
{
    private TrainingObjects? _objects;

    /// <inheritdoc/>
    public override void Prepare(Batch batch, Plan plan)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(plan);
        (_objects!.Seed, _objects.Step) = (plan.Seed, plan.Iteration);
        for (int row = 0; row < batch.Size; row++)
        {
            _objects[row] = ImageObjects.Of([.. batch.Instances[row].Take(mostObjects)]);
        }
    }

    /// <inheritdoc/>
    private protected override DetectorHead HeadOf(Model model) => model.Network.Head as DetectorHead
        ?? throw new ArgumentException(
            $"{model.Info.Name} is no detector: take a model named HEAD:BACKBONE, such as retinanet:cmt_ti.", nameof(model));

    /// <inheritdoc/>
    private protected override BatchLayout LayoutOf(Preprocessing preprocessing) => new InstanceLayout(preprocessing);

    /// <inheritdoc/>
    private protected override IReadOnlyList<(string Name, Value Loss)> Losses(TrainingGraph graph)
    {
        _objects ??= new TrainingObjects(graph.BatchSize, mostObjects);
        return HeadOf(graph.Model).Losses(graph[Batch.ImagesName], graph[InstanceLayout.SizesName], graph.Maps, _objects);
    }

    /// <inheritdoc/>
    private protected override IDataset RequireTargets(ModelInfo info, ISampleSource training) => training as IInstanceDataset
        ?? throw new InvalidDatasetException("The training set", $"it has no objects, which the detector {info.Name} learns from.");
}
