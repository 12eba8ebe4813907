using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>
/// Images in, maps out that explain what a network answers: made of the graph alone, with no knowledge of a family. Any number of threads
/// may ask at the same time.
/// </summary>
public sealed class Explainer : IDisposable
{
    /// <summary>Makes an explainer of a model, which stays the caller's and must outlive it.</summary>
    /// <param name="model">A model with a head.</param>
    /// <param name="pool">
    /// Threads to run on. Where null: the shared pool, or, with a concurrency above 1, an equal share of the processors for each caller.
    /// </param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="ArgumentException">The model has no head.</exception>
    public Explainer(Model model, WorkerPool? pool = null, int concurrency = 1) => throw new NotImplementedException();

    /// <summary>Description of the model: name, options, classes, preprocessing.</summary>
    public ModelInfo Info => throw new NotImplementedException();

    /// <summary>Attentions and marked maps, in the order in which an image passes them, with their grids at the model's own size.</summary>
    public IReadOnlyList<ExplainableLayer> Layers => throw new NotImplementedException();

    /// <summary>Methods that apply to the network.</summary>
    public IReadOnlyList<ExplanationMethod> Methods => throw new NotImplementedException();

    /// <summary>
    /// Method where none is chosen: attention where a class token pools the map, that of the classes' own tokens where each has one, else
    /// Grad-CAM.
    /// </summary>
    public ExplanationMethod DefaultMethod => throw new NotImplementedException();

    /// <summary>Loads a checkpoint of Fovea, or one of PyTorch or safetensors under any known names.</summary>
    /// <param name="path">The file; its format is told by its content.</param>
    /// <param name="size">
    /// Rows and columns of the images that the network is given; the checkpoint's own where null. Position tables are resized.
    /// </param>
    /// <param name="pool">Threads to run on, as the constructor takes them.</param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="InvalidFileException">The file is missing, broken or does not fit its model.</exception>
    public static Explainer Load(string path, (int Height, int Width)? size = null, WorkerPool? pool = null, int concurrency = 1) =>
        throw new NotImplementedException();

    /// <summary>Explains what the network answers to an image.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="options">Method, classes, layer and so on; the usual where null.</param>
    /// <param name="cancellation">Gives up waiting for other callers, and stops between two runs of the network.</param>
    /// <returns>A map, or one for each class that was asked for.</returns>
    /// <exception cref="ExplanationException">Network or image do not allow what the options ask for.</exception>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The explainer was disposed of, before the call or while it waited.</exception>
    public IReadOnlyList<Explanation> Explain(
        Image image, ExplanationOptions? options = null, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Computes all weights of an attention for an image.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="layer">Name of the attention; the last where null.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ExplanationException">The network has no attention, or none of the name.</exception>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The explainer was disposed of, before the call or while it waited.</exception>
    public AttentionMaps Attend(Image image, string? layer = null, CancellationToken cancellation = default) =>
        throw new NotImplementedException();

    /// <summary>Frees the plans, and a model that was loaded, once runs that are under way have ended.</summary>
    public void Dispose() => throw new NotImplementedException();
}
