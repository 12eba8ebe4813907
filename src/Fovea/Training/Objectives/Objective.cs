using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// The quantity that training minimises: the arrays it needs of a batch, the loss it builds into the training graph, and the metrics it reads after each step.
/// </summary>
/// <remarks>An objective of one's own derives from this class; <see cref="Layout"/> and <see cref="Loss"/> are enough.</remarks>
public abstract class Objective
{
    /// <summary>Names of the metrics that <see cref="Measure"/> sums; none by default.</summary>
    public virtual IReadOnlyList<string> Metrics => [];

    /// <summary>Creates the layout of batches: <c>images</c>, and whatever the loss compares with, such as <c>labels</c>.</summary>
    /// <param name="model">The model to train.</param>
    public abstract BatchLayout Layout(Model model);

    /// <summary>Builds the loss.</summary>
    /// <param name="graph">The training graph, with the batch's arrays as inputs and the network's output.</param>
    /// <returns>A single number, shape (1): by convention the mean over the batch.</returns>
    public abstract Value Loss(TrainingGraph graph);

    /// <summary>Fills inputs that do not come from the batch, such as a teacher's output; runs before each step, after the batch's arrays were copied.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="plan">The plan of the step.</param>
    public virtual void Prepare(Batch batch, Plan plan)
    {
    }

    /// <summary>Adds a step's metrics to sums over images.</summary>
    /// <param name="plan">The plan of the step, after it ran.</param>
    /// <param name="batch">The batch; its first <see cref="Batch.Count"/> rows count.</param>
    /// <param name="sums">One sum for each name of <see cref="Metrics"/>.</param>
    public virtual void Measure(Plan plan, Batch batch, Span<double> sums)
    {
    }

    /// <summary>Score of an epoch, higher is better, by which the best checkpoint is chosen where there is no evaluator: the negative loss by default.</summary>
    /// <param name="loss">Mean training loss.</param>
    /// <param name="metrics">Mean training metrics.</param>
    public virtual double Score(double loss, IReadOnlyList<Metric> metrics) => -loss;

    /// <summary>Description to save with the weights; checks that the training samples fit the model.</summary>
    /// <param name="info">Description of the model.</param>
    /// <param name="training">The training samples.</param>
    /// <exception cref="InvalidDatasetException">The samples do not fit.</exception>
    public virtual ModelInfo Describe(ModelInfo info, ISampleSource training) => info;
}
