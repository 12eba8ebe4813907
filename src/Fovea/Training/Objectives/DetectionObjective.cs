using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// Losses of a detector: the sum of those of its parts, each of which is a metric, too. The regions and anchors that are learnt from are
/// drawn by seed and step.
/// </summary>
/// <param name="mostObjects">Largest number of objects in an image; of more, the first are learnt from.</param>
public sealed class DetectionObjective(int mostObjects = 100) : Objective
{
    private TrainingObjects? _objects;
    private string[] _metrics = [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Metrics => _metrics;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The model has no detector.</exception>
    public override BatchLayout Layout(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _metrics = [.. HeadOf(model).LossNames];
        return new InstanceLayout(model.Info.Preprocessing);
    }

    /// <inheritdoc/>
    public override Value Loss(TrainingGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        _objects ??= new TrainingObjects(graph.BatchSize, mostObjects);
        Value sizes = graph[InstanceLayout.SizesName];
        Value? sum = null;
        foreach ((string name, Value loss) in HeadOf(graph.Model).Losses(graph[Batch.ImagesName], sizes, graph.Maps, _objects))
        {
            graph.Graph.Output(name, loss);
            sum = sum is null ? loss : sum + loss;
        }

        return sum!;
    }

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
        if (training is not IInstanceDataset instances)
        {
            throw new InvalidDatasetException("the training set", $"has no objects, which the detector {info.Name} learns from");
        }

        return instances.Classes.SequenceEqual(info.Classes)
            ? info
            : throw new InvalidDatasetException(
                "the training set", $"has the classes {string.Join(", ", instances.Classes)}, the model {string.Join(", ", info.Classes)}");
    }

    private static DetectorHead HeadOf(Model model) => model.Network.Head as DetectorHead
        ?? throw new ArgumentException(
            $"{model.Info.Name} is no detector: take a model named HEAD:BACKBONE, such as retinanet:cmt_ti.", nameof(model));
}
