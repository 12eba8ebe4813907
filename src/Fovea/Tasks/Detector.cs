using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Tasks;

/// <summary>
/// Images in, objects out: a detector made ready to use. Any number of threads may ask at the same time; the same image gives the same bits
/// whatever else runs.
/// </summary>
/// <remarks>
/// Images keep their proportions and go through the network one at a time, each at its own padded size. Plans of the latest few sizes are
/// kept; they share the packed weights.
/// </remarks>
public sealed class Detector : IDisposable
{
    private const string StreamName = "The stream";
    private readonly Model _model;
    private readonly bool _ownsModel;
    private readonly DetectorPlans _plans;

    /// <summary>Makes a detector of a model, which stays the caller's and must outlive it.</summary>
    /// <param name="model">A model with a detection head.</param>
    /// <param name="pool">
    /// Threads to run on. Where null: the shared pool, or, with a concurrency above 1, an equal share of the processors for each caller.
    /// </param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="ArgumentException">The model has no detection head.</exception>
    public Detector(Model model, WorkerPool? pool = null, int concurrency = 1)
        : this(model, ownsModel: false, pool, concurrency)
    {
    }

    private Detector(Model model, bool ownsModel, WorkerPool? pool, int concurrency)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Network.Head is not DetectorHead)
        {
            throw new ArgumentException(
                $"{model.Info.Name} has no detection head: take a model named HEAD:BACKBONE, such as mask_rcnn:cmt_s, or a Classifier.",
                nameof(model));
        }

        (_model, _ownsModel, _plans) = (model, ownsModel, new DetectorPlans(model, nameof(Detector), pool, concurrency));
    }

    /// <summary>Description of the model: name, options, classes, preprocessing.</summary>
    public ModelInfo Info => _model.Info;

    /// <summary>True if detections have masks.</summary>
    public bool HasMasks => _model.Network.Head is FasterRcnn { HasMasks: true };

    /// <summary>Loads a checkpoint of Fovea, or one of PyTorch or safetensors under any known names.</summary>
    /// <param name="path">The file; its format is told by its content.</param>
    /// <param name="pool">
    /// Threads to run on. Where null: the shared pool, or, with a concurrency above 1, an equal share of the processors for each caller.
    /// </param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="InvalidFileException">The file is missing, broken, does not fit its model, or holds no detector.</exception>
    public static Detector Load(string path, WorkerPool? pool = null, int concurrency = 1) =>
        TaskCheckpoint.Load<DetectorHead, Detector>(path, model => new Detector(model, ownsModel: true, pool, concurrency));

    /// <summary>Finds the objects of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="threshold">Score that is exceeded, beside that of the head's own options.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <returns>The objects, surest first.</returns>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The detector was disposed of, before the call or while it waited.</exception>
    public IReadOnlyList<Detection> Detect(Image image, double threshold = 0, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        using PreparedImage prepared = new(Info.Preprocessing, image);
        return
        [
            .. _plans.Find(prepared, (float)threshold, cancellation: cancellation)
                .Select(found => new Detection(Info.Classes[found.Box.Label], found.Score, found.Box, found.Mask)),
        ];
    }

    /// <summary>Finds the objects of an encoded image.</summary>
    /// <param name="image">An encoded image, read to its end and left open.</param>
    /// <param name="threshold">Score that is exceeded, beside that of the head's own options.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <returns>The objects, surest first.</returns>
    /// <exception cref="UnusableDataException">The bytes are no image, or it does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The detector was disposed of, before the call or while it waited.</exception>
    public IReadOnlyList<Detection> Detect(Stream image, double threshold = 0, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        return Detect(ImageFile.Decode(image, StreamName), threshold, cancellation);
    }

    /// <summary>Frees the plans, and a model that was loaded, once runs that are under way have ended.</summary>
    public void Dispose()
    {
        _plans.Dispose();
        if (_ownsModel)
        {
            _model.Dispose();
        }
    }
}
