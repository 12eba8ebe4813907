using Fovea.Checkpoints;
using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>Images in, classes out: a model made ready to classify. Any number of threads may ask at the same time.</summary>
/// <remarks>
/// Images are decoded and prepared before a caller takes its turn at the network. N images run in batches of N rows, or of as many as
/// <c>batchSize</c> allows, so no row is computed that nobody asked for. The probabilities of a batch differ from those of single images by
/// rounding alone, and only where kernels for several rows add in another order; the same call gives the same bits whatever else runs.
/// <para>
/// Plans for any number of callers and images share the folded and packed weights. Each has working memory of its own, so
/// <c>concurrency</c> costs little, and is worth it where the network is too small, or the machine too large, for one image to occupy all
/// processors. A loaded file must not be changed while it is loaded, and may be afterwards, unless batches of several images are wanted:
/// the first of them may read weights again.
/// </para>
/// </remarks>
public sealed class Classifier : IClassifier, IDisposable
{
    private const int DefaultBatchSize = 8;
    private const string Images = InferenceGraph.Images;
    private const string Probabilities = "probabilities";
    private const string StreamName = "The stream";
    private const string WithLosses = "with losses";
    private readonly Model _model;
    private readonly bool _ownsModel;
    private readonly int _batchSize;
    private readonly PlanCache _plans;

    /// <summary>Makes a classifier of a model, which stays the caller's and must outlive it.</summary>
    /// <param name="model">A model with a head.</param>
    /// <param name="batchSize">Largest number of images in one run, for several images and for <see cref="Evaluate"/>.</param>
    /// <param name="pool">
    /// Threads to run on. Where null: the shared pool, or, with a concurrency above 1, an equal share of the processors for each caller.
    /// </param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <param name="sameBitsInBatch">
    /// True to give an image the same bits in a batch of any size as alone, with kernels that are chosen for single images.
    /// </param>
    /// <exception cref="ArgumentException">The model has no head, or one that does not classify images.</exception>
    public Classifier(
        Model model, int batchSize = DefaultBatchSize, WorkerPool? pool = null, int concurrency = 1, bool sameBitsInBatch = false)
        : this(model, ownsModel: false, batchSize, pool, concurrency, sameBitsInBatch)
    {
    }

    private Classifier(Model model, bool ownsModel, int batchSize, WorkerPool? pool, int concurrency, bool sameBitsInBatch = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        if (model.Network.Head is null)
        {
            throw new ArgumentException(
                "The model has no head and so no classes: give it one with Model.WithHead, or take a FeatureExtractor.", nameof(model));
        }

        if (model.Network.Head is DenseHead)
        {
            throw new ArgumentException($"{model.Info.Name} does not classify images: take a Detector or a Segmenter.", nameof(model));
        }

        (_model, _ownsModel, _batchSize) = (model, ownsModel, batchSize);
        // A caller may come with batches of 1, 2, 4… in turn, whose plans together take no more than the largest twice.
        int spare = concurrency * int.Log2(batchSize);
        _plans = model.CreatePlans(nameof(Classifier), Build, pool, concurrency, sameBitsInBatch, spare);
        try
        {
            // Compiled at once, so that a size that does not fit is found here, and weights can be packed from where a file has them.
            _plans.Rent(KeyOf(1)).Dispose();
        }
        catch
        {
            _plans.Dispose();
            throw;
        }
    }

    /// <summary>Description of the model: name, options, classes, preprocessing.</summary>
    public ModelInfo Info => _model.Info;

    /// <summary>Plans of the classifier.</summary>
    internal PlanCache Plans => _plans;

    /// <summary>Loads a checkpoint of Fovea, or one of PyTorch or safetensors under any known names.</summary>
    /// <remarks>
    /// To choose model, labels or dictionary of a file of others, load it with <see cref="Checkpoint.Load(string, ImportOptions?)"/> and
    /// make a classifier of that.
    /// </remarks>
    /// <param name="path">The file; its format is told by its content.</param>
    /// <param name="batchSize">Largest number of images in one run, for several images and for <see cref="Evaluate"/>.</param>
    /// <param name="pool">
    /// Threads to run on. Where null: the shared pool, or, with a concurrency above 1, an equal share of the processors for each caller.
    /// </param>
    /// <param name="size">
    /// Rows and columns of the images that the network is given; the checkpoint's own where null. Position tables are resized.
    /// </param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="InvalidFileException">The file is missing, broken or does not fit its model.</exception>
    /// <exception cref="ShapeException">The model does not take images of the given size.</exception>
    public static Classifier Load(
        string path,
        int batchSize = DefaultBatchSize,
        WorkerPool? pool = null,
        (int Height, int Width)? size = null,
        int concurrency = 1) =>
        CompiledCheckpoint.Load(path, size, model => model.Network.Head is DenseHead
            ? throw TaskCheckpoint.OfOther(path, model)
            : new Classifier(model, ownsModel: true, batchSize, pool, concurrency));

    /// <inheritdoc/>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed of, before the call or while it waited.</exception>
    public IReadOnlyList<Prediction> Predict(Image image, int count = 5, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        using PreparedImages prepared = new(Info.Preprocessing, image);
        using PlanCache.Lease lease = _plans.Rent(KeyOf(1), cancellation);
        return Run(lease.Plan, prepared, count)[0];
    }

    /// <summary>Predicts the most probable classes of an encoded image, most probable first.</summary>
    /// <param name="image">An encoded image, read to its end and left open.</param>
    /// <param name="count">Number of classes to give at most.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="UnusableDataException">The bytes are no image, or it does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed of, before the call or while it waited.</exception>
    public IReadOnlyList<Prediction> Predict(Stream image, int count = 5, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        return Predict(ImageFile.Decode(image, StreamName), count, cancellation);
    }

    /// <inheritdoc/>
    /// <exception cref="UnusableDataException">An image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed of, before the call or while it waited.</exception>
    public IReadOnlyList<IReadOnlyList<Prediction>> Predict(
        IReadOnlyList<Image> images, int count = 5, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        List<IReadOnlyList<Prediction>> answers = [];
        foreach (Image[] batch in images.Chunk(_batchSize))
        {
            using PreparedImages prepared = new(Info.Preprocessing, batch);
            using PlanCache.Lease lease = _plans.Rent(KeyOf(batch.Length), cancellation);
            answers.AddRange(Run(lease.Plan, prepared, count));
        }

        return answers;
    }

    /// <inheritdoc/>
    /// <remarks>The network itself runs on a thread as in <see cref="Predict(Image, int, CancellationToken)"/>.</remarks>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed of, before the call or while it waited.</exception>
    public async Task<IReadOnlyList<Prediction>> PredictAsync(Image image, int count = 5, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        using PreparedImages prepared = new(Info.Preprocessing, image);
        using PlanCache.Lease lease = await _plans.RentAsync(KeyOf(1), cancellation).ConfigureAwait(false);
        return Run(lease.Plan, prepared, count)[0];
    }

    /// <inheritdoc/>
    /// <remarks>The network itself runs on a thread as in <see cref="Predict(Stream, int, CancellationToken)"/>.</remarks>
    /// <exception cref="UnusableDataException">The bytes are no image, or it does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed of, before the call or while it waited.</exception>
    public async Task<IReadOnlyList<Prediction>> PredictAsync(Stream image, int count = 5, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        Image decoded = await ImageFile.DecodeAsync(image, StreamName, cancellation).ConfigureAwait(false);
        return await PredictAsync(decoded, count, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="UnusableDataException">An image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed of, before the call or while it waited.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<Prediction>>> PredictAsync(
        IReadOnlyList<Image> images, int count = 5, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        List<IReadOnlyList<Prediction>> answers = [];
        foreach (Image[] batch in images.Chunk(_batchSize))
        {
            using PreparedImages prepared = new(Info.Preprocessing, batch);
            using PlanCache.Lease lease = await _plans.RentAsync(KeyOf(batch.Length), cancellation).ConfigureAwait(false);
            answers.AddRange(Run(lease.Plan, prepared, count));
        }

        return answers;
    }

    /// <summary>Predicts the probabilities of images that the caller prepared, in one run; nothing is allocated.</summary>
    /// <param name="prepared">Values (N, H, W, C), as <see cref="Preprocessing.Apply"/> of the model's preprocessing makes them.</param>
    /// <param name="probabilities">Memory that takes a number for each image and class (N, classes).</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed of, before the call or while it waited.</exception>
    public void Predict(ReadOnlySpan<float> prepared, Span<float> probabilities, CancellationToken cancellation = default)
    {
        int images = prepared.Length / Info.Preprocessing.Length;
        if (images == 0 || prepared.Length % Info.Preprocessing.Length != 0)
        {
            Info.Preprocessing.RequireLength(prepared);
        }

        if (probabilities.Length != images * Info.Classes.Count)
        {
            throw new ArgumentException(
                $"There are {images} × {Info.Classes.Count} probabilities, but room for {probabilities.Length} was given.",
                nameof(probabilities));
        }

        using PlanCache.Lease lease = _plans.Rent(KeyOf(images), cancellation);
        prepared.CopyTo(lease.Plan.Input(Images));
        lease.Plan.Run();
        lease.Plan.Output(Probabilities).CopyTo(probabilities);
    }

    /// <summary>Evaluates the model on a set of the same classes, in any order.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="options">Threads, and what to do with other classes and unreadable images; the usual where null.</param>
    /// <param name="progress">Told the number of images done.</param>
    /// <param name="cancellation">Stops the evaluation.</param>
    /// <exception cref="InvalidDatasetException">The set has other classes, or none in common with the model.</exception>
    /// <exception cref="UnusableDataException">More images cannot be read than the options allow.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed of, before the call or while it waited.</exception>
    public Evaluation Evaluate(
        IImageDataset dataset, EvaluationOptions? options = null, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new EvaluationOptions();
        IImageDataset images = options.CommonClasses
            ? ClassCheck.Common(Info.Classes, dataset, "The data set", "the model")
            : ClassCheck.Match(Info.Classes, dataset, "The data set", "the model", CommonRemedy(dataset));
        int[]? among = images.Classes.Count == Info.Classes.Count
            ? null
            : [.. images.Classes.Select(name => Enumerable.Range(0, Info.Classes.Count).First(i => Info.Classes[i] == name))];
        int batchSize = Math.Clamp(images.Count, 1, _batchSize);
        using PlanCache.Lease lease = _plans.Rent(KeyOf(batchSize) with { Outputs = WithLosses }, cancellation);
        using ClassificationPlan plan = ClassificationPlan.Borrow(lease.Plan, Info.Preprocessing, batchSize, Info.Classes.Count);
        return plan.Evaluate(
            images,
            among,
            options.LoaderThreads,
            options.CountUnreadable(images.Count),
            options.Ranks ?? SingleRank.Instance,
            progress,
            cancellation);
    }

    /// <summary>Turns away callers that wait, waits for those that are being served, then frees all memory.</summary>
    public void Dispose()
    {
        _plans.Dispose();
        if (_ownsModel)
        {
            _model.Dispose();
        }
    }

    private Remedy[] CommonRemedy(IImageDataset dataset) => ClassCheck.CommonNames(Info.Classes, dataset).Length switch
    {
        0 => [],
        int common => [new Remedy.TakeCommonClasses(common)],
    };

    private PlanKey KeyOf(int batch) => new(batch, Info.Preprocessing.Height, Info.Preprocessing.Width);

    private ComputeGraph Build(PlanKey key)
    {
        if (key.Outputs == WithLosses)
        {
            return ClassificationPlan.Build(_model.Network, Info.Preprocessing, key.Batch);
        }

        ComputeGraph graph = new();
        Value images = graph.Input(Images, [key.Batch, key.Height, key.Width, Info.Preprocessing.Channels]);
        graph.Output(Probabilities, _model.Network.Forward(images).Softmax());
        return graph;
    }

    private Prediction[][] Run(Plan plan, PreparedImages images, int count)
    {
        images.Values.CopyTo(plan.Input(Images));
        plan.Run();
        int classes = Info.Classes.Count;
        ReadOnlySpan<float> probabilities = plan.Output(Probabilities);
        Prediction[][] answers = new Prediction[probabilities.Length / classes][];
        for (int i = 0; i < answers.Length; i++)
        {
            answers[i] = Prediction.Best(probabilities.Slice(i * classes, classes), Info.Classes, count);
        }

        return answers;
    }
}
