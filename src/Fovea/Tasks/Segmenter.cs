using System.Numerics.Tensors;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Tasks;

/// <summary>
/// Images in, the class of every pixel out: a segmentation network made ready to use. Any number of threads may ask at the same time; the
/// same image gives the same bits whatever else runs.
/// </summary>
/// <remarks>
/// Images keep their proportions and go through the network one at a time, each at its own padded size, or by windows. Plans of the latest
/// few sizes are kept; they share the packed weights.
/// </remarks>
public sealed class Segmenter : IDisposable
{
    private const string StreamName = "The stream";
    private readonly Model _model;
    private readonly bool _ownsModel;
    private readonly SegmenterPlans _plans;

    /// <summary>Makes a segmenter of a model, which stays the caller's and must outlive it.</summary>
    /// <param name="model">A model with a segmentation head.</param>
    /// <param name="pool">
    /// Threads to run on. Where null: the shared pool, or, with a concurrency above 1, an equal share of the processors for each caller.
    /// </param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="ArgumentException">The model has no segmentation head, or more than 256 classes.</exception>
    public Segmenter(Model model, WorkerPool? pool = null, int concurrency = 1)
        : this(model, ownsModel: false, pool, concurrency)
    {
    }

    private Segmenter(Model model, bool ownsModel, WorkerPool? pool, int concurrency)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Network.Head is not SegmenterHead)
        {
            throw new ArgumentException(
                $"{model.Info.Name} has no segmentation head: take a model named HEAD:BACKBONE, such as upernet:cmt_s.", nameof(model));
        }

        (_model, _ownsModel, _plans) = (model, ownsModel, new SegmenterPlans(model, nameof(Segmenter), pool, concurrency));
    }

    /// <summary>Description of the model: name, options, classes, colours, preprocessing.</summary>
    public ModelInfo Info => _model.Info;

    /// <summary>Loads a checkpoint of Fovea, or one of PyTorch or safetensors under any known names.</summary>
    /// <param name="path">The file; its format is told by its content.</param>
    /// <param name="pool">
    /// Threads to run on. Where null: the shared pool, or, with a concurrency above 1, an equal share of the processors for each caller.
    /// </param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="InvalidFileException">
    /// The file is missing, broken, does not fit its model, or holds no segmentation network.
    /// </exception>
    public static Segmenter Load(string path, WorkerPool? pool = null, int concurrency = 1) =>
        TaskCheckpoint.Load<SegmenterHead, Segmenter>(path, model => new Segmenter(model, ownsModel: true, pool, concurrency));

    /// <summary>Tells the class of each pixel of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="inference">Windows, mirroring, scales; the whole image as it is where null.</param>
    /// <param name="cancellation">Gives up waiting for other callers, and stops between two windows.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="UnusableDataException">The image does not fit at one of the sizes in which it goes through the network.</exception>
    /// <exception cref="ObjectDisposedException">The segmenter was disposed of, before the call or while it waited.</exception>
    public Segmentation Segment(Image image, SegmentationInference? inference = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        _plans.ThrowIfClosed();
        inference?.Validate();
        PixelClasses found = _plans.Classify(image, inference, cancellation);
        Tensor<float>? probabilities = found.Probabilities is float[] values
            ? Tensor.Create(values, [found.Classes.Height, found.Classes.Width, Info.Classes.Count])
            : null;
        return new Segmentation(found.Classes, SharesOf(found.Classes), probabilities);
    }

    /// <summary>Tells the class of each pixel of an encoded image.</summary>
    /// <param name="image">An encoded image, read to its end and left open.</param>
    /// <param name="inference">Windows, mirroring, scales; the whole image as it is where null.</param>
    /// <param name="cancellation">Gives up waiting for other callers, and stops between two windows.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="UnusableDataException">
    /// The bytes are no image, or it does not fit at one of the sizes in which it goes through the network.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The segmenter was disposed of, before the call or while it waited.</exception>
    public Segmentation Segment(Stream image, SegmentationInference? inference = null, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        return Segment(ImageFile.Decode(image, StreamName), inference, cancellation);
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

    private ClassShare[] SharesOf(Image classes)
    {
        long[] counts = new long[Info.Classes.Count];
        foreach (byte label in classes.Pixels)
        {
            counts[label]++;
        }

        return [.. Info.Classes.Select((name, i) => new ClassShare(name, i, (double)counts[i] / classes.Pixels.Length))];
    }
}
