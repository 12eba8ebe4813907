using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>A classifier compiled for one batch size: predicts single images and evaluates sets.</summary>
internal sealed class ClassifierPlan : IDisposable
{
    private readonly ClassificationPlan _plan;
    private readonly Preprocessing _preprocessing;
    private readonly int _classes;

    /// <summary>Compiles the network.</summary>
    /// <param name="network">A network with weights.</param>
    /// <param name="preprocessing">Preprocessing that turns images into its input.</param>
    /// <param name="batchSize">Images in a batch.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <exception cref="ShapeException">The network does not take images of the preprocessing's size.</exception>
    public ClassifierPlan(Network network, Preprocessing preprocessing, int batchSize, WorkerPool? pool = null)
    {
        (_preprocessing, _classes) = (preprocessing, network.Classes);
        _plan = new ClassificationPlan(network, preprocessing, batchSize, pool);
    }

    /// <summary>Predicts one image.</summary>
    /// <param name="image">The image.</param>
    /// <returns>Probability of each class, (classes).</returns>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    public ReadOnlySpan<float> Predict(Image image)
    {
        _preprocessing.Apply(image, _plan.Images[.._preprocessing.Length]);
        return _plan.Predict()[.._classes];
    }

    /// <summary>Predicts one image that is prepared already.</summary>
    /// <param name="prepared">Values as <see cref="Preprocessing.Apply"/> makes them of an image, (H, W, C).</param>
    /// <returns>Probability of each class, (classes).</returns>
    /// <exception cref="ArgumentException">There are more or fewer values.</exception>
    public ReadOnlySpan<float> Predict(ReadOnlySpan<float> prepared)
    {
        _preprocessing.RequireLength(prepared);
        prepared.CopyTo(_plan.Images);
        return _plan.Predict()[.._classes];
    }

    /// <inheritdoc cref="ClassificationPlan.Evaluate"/>
    public Evaluation Evaluate(IImageDataset dataset, int loaderThreads, IProgress<int>? progress, CancellationToken cancellation) =>
        _plan.Evaluate(dataset, loaderThreads, progress, cancellation);

    /// <summary>Frees the plan's memory.</summary>
    public void Dispose() => _plan.Dispose();
}
