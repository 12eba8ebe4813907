using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Losses of a dense head: the sum of those of its parts, each of which is a metric, too.</summary>
public abstract class DenseObjective : Objective
{
    private string[] _metrics = [];

    private protected DenseObjective()
    {
    }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<string> Metrics => _metrics;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The model has no head of the task.</exception>
    public sealed override BatchLayout Layout(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _metrics = [.. HeadOf(model).LossNames];
        return LayoutOf(model.Info.Preprocessing);
    }

    /// <inheritdoc/>
    public sealed override Value Loss(TrainingGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Value? sum = null;
        foreach ((string name, Value loss) in Losses(graph))
        {
            graph.Graph.Output(name, loss);
            sum = sum is null ? loss : sum + loss;
        }

        return sum!;
    }

    /// <inheritdoc/>
    public sealed override void Measure(Plan plan, Batch batch, Span<double> sums)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(batch);
        for (int i = 0; i < _metrics.Length; i++)
        {
            sums[i] += plan.Output(_metrics[i])[0] * (double)batch.Count;
        }
    }

    /// <inheritdoc/>
    public sealed override ModelInfo Describe(ModelInfo info, ISampleSource training)
    {
        ArgumentNullException.ThrowIfNull(info);
        IDataset dataset = RequireTargets(info, training);
        ClassCheck.Require(info.Classes, dataset, "The training set", "the model");
        return Describe(info, dataset);
    }

    /// <summary>Head of a model.</summary>
    /// <exception cref="ArgumentException">The model has none of the task.</exception>
    private protected abstract DenseHead HeadOf(Model model);

    /// <summary>Layout of batches for a preprocessing.</summary>
    private protected abstract BatchLayout LayoutOf(Preprocessing preprocessing);

    /// <summary>Builds the losses of the head's parts.</summary>
    private protected abstract IReadOnlyList<(string Name, Value Loss)> Losses(TrainingGraph graph);

    /// <summary>Training samples as a set with the targets of the task.</summary>
    /// <exception cref="InvalidDatasetException">They have other targets.</exception>
    private protected abstract IDataset RequireTargets(ModelInfo info, ISampleSource training);

    /// <summary>Description to save with the weights, of a set whose classes are those of the model.</summary>
    private protected virtual ModelInfo Describe(ModelInfo info, IDataset training) => info;
}
