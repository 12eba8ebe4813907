using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>
/// The scores that are explained, by the task of a network's head: a number for each class of an image, and for tasks that answer at many
/// places inputs of the graph that name the place.
/// </summary>
/// <param name="model">A model with a head.</param>
internal abstract class TargetScores(Model model) : IDisposable
{
    /// <summary>The model.</summary>
    protected Model Model { get; } = model;

    /// <summary>Scores of a model's task.</summary>
    /// <param name="model">A model with a head.</param>
    /// <param name="threads">Threads of all plans; a share of the processors for each caller where null.</param>
    /// <param name="concurrency">Number of callers at the same time.</param>
    public static TargetScores Of(Model model, WorkerPool? threads, int concurrency) => model.Network.Head switch
    {
        DetectorHead => new DetectionScores(model, threads, concurrency),
        SegmenterHead => new PixelScores(model, threads, concurrency),
        _ => new ImageScores(model),
    };

    /// <summary>Prepares an image as the task does.</summary>
    /// <param name="image">The image.</param>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    public virtual ExplainedInput Prepare(Image image) => ExplainedInput.OfAnySize(Model.Info.Preprocessing, image);

    /// <summary>Builds the scores (N, classes), differentiable down to the images.</summary>
    /// <param name="images">Images (N, H, W, 3).</param>
    public abstract Value Build(Value images);

    /// <summary>Builds the scores (N, classes) of images that are blank in part.</summary>
    /// <param name="images">Images (N, H, W, 3).</param>
    public virtual Value BuildOccluded(Value images) => Build(images);

    /// <summary>Finds what of the answer to an image options ask for.</summary>
    /// <param name="image">The image.</param>
    /// <param name="input">The image as it was prepared.</param>
    /// <param name="options">The options.</param>
    /// <param name="network">Layers at the image's size.</param>
    /// <param name="plans">Runs the network for its scores.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ExplanationException">The answer has no such part.</exception>
    public abstract Target Find(
        Image image,
        ExplainedInput input,
        ExplanationOptions options,
        ExplainedNetwork network,
        ExplainerPlans plans,
        CancellationToken cancellation);

    /// <summary>Finds the detection that options ask for; null for other tasks.</summary>
    /// <inheritdoc cref="Find"/>
    public virtual ExplainedDetection? Detect(Image image, ExplanationOptions options, CancellationToken cancellation) => null;

    /// <summary>Frees the plans, once runs that are under way have ended.</summary>
    public virtual void Dispose()
    {
    }

    /// <summary>Indices of the classes that options name.</summary>
    /// <exception cref="ExplanationException">There is no such class.</exception>
    protected int[] Named(ExplanationOptions options) =>
        [.. options.Classes.Select(name => ExplanationChecks.ClassOf(Model.Info.Classes, name))];
}
