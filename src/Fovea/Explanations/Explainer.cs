using System.Collections.Concurrent;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>
/// Images in, maps out that explain what a network answers, be it the class of an image, a detection or the class of pixels: made of the
/// graph alone, with no knowledge of a family. Any number of threads may ask at the same time.
/// </summary>
/// <remarks>
/// Plans for the methods and layers that are asked for are compiled at their first use and kept, the latest few; they share the packed
/// weights. Maps are the same bits for any number of threads.
/// </remarks>
public sealed partial class Explainer : IDisposable
{
    private readonly Model _model;
    private readonly bool _ownsModel;
    private readonly TargetScores _scores;
    private readonly ExplainedNetwork _network;
    private readonly ExplainerPlans _plans;
    private readonly ConcurrentDictionary<(int Height, int Width), ExplainedNetwork> _sizes = [];

    /// <summary>Makes an explainer of a model, which stays the caller's and must outlive it.</summary>
    /// <param name="model">A model with a head.</param>
    /// <param name="pool">
    /// Threads to run on. Where null: the shared pool, or, with a concurrency above 1, an equal share of the processors for each caller.
    /// </param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="ArgumentException">The model has no head.</exception>
    public Explainer(Model model, WorkerPool? pool = null, int concurrency = 1)
        : this(model, ownsModel: false, pool, concurrency)
    {
    }

    private Explainer(Model model, bool ownsModel, WorkerPool? pool, int concurrency)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Network.Head is null)
        {
            throw new ArgumentException("The model has no head and so answers nothing: give it one with Model.WithHead.", nameof(model));
        }

        (_model, _ownsModel, _scores) = (model, ownsModel, TargetScores.Of(model, pool, concurrency));
        _network = NetworkAt(model.Network.Height, model.Network.Width);
        _plans = new ExplainerPlans(model, _scores, pool, concurrency);
    }

    /// <summary>Description of the model: name, options, classes, preprocessing.</summary>
    public ModelInfo Info => _model.Info;

    /// <summary>Task of the model, which decides what is explained: the class of an image, a detection, or the class of pixels.</summary>
    public VisionTask Task => _network.Task;

    /// <summary>The model.</summary>
    internal Model Model => _model;

    /// <summary>
    /// Attentions and marked maps, in the order in which an image passes them, with their grids at the model's own size; images of dense
    /// tasks keep their proportions, and grids follow them.
    /// </summary>
    public IReadOnlyList<ExplainableLayer> Layers => _network.Layers;

    /// <summary>Methods that apply to the network.</summary>
    public IReadOnlyList<ExplanationMethod> Methods => _network.Methods;

    /// <summary>
    /// Method where none is chosen: attention where a class token pools the map, that of the classes' own tokens where each has one, else
    /// Grad-CAM; for detectors and segmentation networks LayerCAM, which does not light up all objects alike.
    /// </summary>
    public ExplanationMethod DefaultMethod => _network.DefaultMethod;

    /// <summary>Loads a checkpoint of Fovea, or one of PyTorch or safetensors under any known names.</summary>
    /// <param name="path">The file; its format is told by its content.</param>
    /// <param name="size">
    /// Rows and columns of the images that the network is given; the checkpoint's own where null. Position tables are resized.
    /// </param>
    /// <param name="pool">Threads to run on, as the constructor takes them.</param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="InvalidFileException">
    /// The file is missing, broken, does not fit its model, or holds a model without a head.
    /// </exception>
    /// <exception cref="ShapeException">The model does not take images of the given size.</exception>
    public static Explainer Load(string path, (int Height, int Width)? size = null, WorkerPool? pool = null, int concurrency = 1)
    {
        Model model = Checkpoint.Load(path, new ImportOptions(Size: size));
        try
        {
            return model.Network.Head is not null
                ? new Explainer(model, ownsModel: true, pool, concurrency)
                : throw new InvalidFileException(
                    path, $"it holds {model.Info.Name} without a head, which answers nothing to explain", [new Remedy.GiveHead(path)]);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Checks that the network allows what options ask for, whatever the image.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="ExplanationException">It does not; the message says what it allows.</exception>
    public void Check(ExplanationOptions options) => ExplanationChecks.Validate(_network, options, Info.Classes);

    /// <summary>Explains what the network answers to an image.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="options">Method, classes, layer and so on; the usual where null.</param>
    /// <param name="cancellation">Gives up waiting for other callers, and stops between two runs of the network.</param>
    /// <returns>A map, or one for each class that was asked for.</returns>
    /// <exception cref="ExplanationException">Network or image do not allow what the options ask for.</exception>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The explainer was disposed of, before the call or while it waited.</exception>
    public IReadOnlyList<Explanation> Explain(
        Image image, ExplanationOptions? options = null, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        options ??= new ExplanationOptions();
        Check(options);
        ExplanationMethod method = options.Method ?? DefaultMethod;
        ExplainedInput input = _scores.Prepare(image);
        ExplainedNetwork network = NetworkAt(input.Height, input.Width);
        if (method == ExplanationMethod.Attention)
        {
            bool isOfDetection = options.At is null || options.Detection is not null;
            ExplainedDetection? detection = isOfDetection ? _scores.Detect(image, options, cancellation) : null;
            return [Attention(input, network, options, detection, cancellation)];
        }

        Target target = _scores.Find(image, input, options, network, _plans, cancellation);
        return method switch
        {
            ExplanationMethod.Classes => OfClassTokens(input, target, options, cancellation),
            ExplanationMethod.Rollout => RollOut(input, target, options, cancellation),
            ExplanationMethod.Occlusion => Occlude(input, network, target, options, cancellation),
            _ => Differentiate(input, network, target, method, options, cancellation),
        };
    }

    /// <summary>Computes all weights of an attention for an image.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="layer">Name of the attention; the last where null.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ExplanationException">The network has no attention, or none of the name.</exception>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The explainer was disposed of, before the call or while it waited.</exception>
    public AttentionMaps Attend(Image image, string? layer = null, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        ExplanationChecks.RequireMethod(_network, ExplanationMethod.Attention);
        ExplainedInput input = _scores.Prepare(image);
        return Attend(input, NetworkAt(input.Height, input.Width).FindAttention(layer), cancellation);
    }

    /// <summary>Frees the plans, and a model that was loaded, once runs that are under way have ended.</summary>
    public void Dispose()
    {
        _plans.Dispose();
        _scores.Dispose();
        if (_ownsModel)
        {
            _model.Dispose();
        }
    }

    private ExplainedNetwork NetworkAt(int height, int width) => _sizes.GetOrAdd(
        (height, width), size => _model.Compiler.Build(() => new ExplainedNetwork(_model, _scores, size.Height, size.Width)));
}
