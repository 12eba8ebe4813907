using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>A class and its probability.</summary>
/// <param name="Class">The class's name.</param>
/// <param name="Probability">From 0 to 1.</param>
public readonly record struct Prediction(string Class, float Probability);

/// <summary>An image in, its classes out: a checkpoint made ready to use. Any number of threads may ask at the same time.</summary>
/// <remarks>
/// All callers share one set of weights, which nothing changes. What a run needs beside them belongs to a plan: its working memory, and the weights once
/// more, folded and packed as the kernels read them. So <c>concurrency</c> costs memory, about the weights' size for each plan, and is worth it where
/// the network is too small, or the machine too large, for one image to occupy all processors. With a concurrency of 1 the weights are in memory only as the
/// plan has them, packed from where they lie in the file; the file must not be changed while it is loaded, and may be afterwards.
/// </remarks>
public sealed class Classifier : IDisposable
{
    private const string StreamName = "The stream";
    private readonly ParameterStore _state;
    private readonly PlanPool<ClassifierPlan> _plans;

    private Classifier(ModelInfo info, Network network, ParameterStore state, int batchSize, WorkerPool? pool, int concurrency)
    {
        Info = info;
        _state = state;
        _plans = new PlanPool<ClassifierPlan>(concurrency, pool, threads => new ClassifierPlan(network, info.Preprocessing, batchSize, threads));
    }

    /// <summary>What the weights are.</summary>
    public ModelInfo Info { get; }

    /// <summary>Loads a checkpoint.</summary>
    /// <param name="path">A safetensors file that Fovea wrote.</param>
    /// <param name="batchSize">Images in a batch of <see cref="Evaluate"/>.</param>
    /// <param name="pool">The threads to run on. Where none are given: the shared pool, or, with a concurrency above 1, an equal share of the processors for each plan.</param>
    /// <param name="size">Rows and columns of the images that the network is given; the checkpoint's own where null. Position tables are resized.</param>
    /// <param name="concurrency">How many images may be in the network at the same time; further callers wait. Plans are made when they are first needed.</param>
    /// <exception cref="InvalidFileException">The file is missing, broken or does not fit its model.</exception>
    /// <exception cref="ShapeException">The model does not take images of the given size.</exception>
    public static Classifier Load(string path, int batchSize = 1, WorkerPool? pool = null, (int Height, int Width)? size = null, int concurrency = 1)
    {
        // A single plan is made at once and takes what it needs from the file; further ones, which come later, need weights to be made of.
        if (concurrency == 1)
        {
            return Checkpoint.Compile(path, size, Make);
        }

        (ModelInfo info, Network network, ParameterStore state) = Checkpoint.Open(path, size);
        return Make(info, network, state);

        Classifier Make(ModelInfo info, Network network, ParameterStore state) => new(info, network, state, batchSize, pool, concurrency);
    }

    /// <summary>The most probable classes of an image, most probable first.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="count">How many classes to give at most.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="UnusableDataException">The image does not fit the checkpoint's preprocessing.</exception>
    public IReadOnlyList<Prediction> Predict(Image image, int count = 5, CancellationToken cancellation = default)
    {
        using PlanPool<ClassifierPlan>.Lease lease = _plans.Rent(cancellation);
        return Best(lease.Plan.Predict(image), count);
    }

    /// <summary>The most probable classes of an encoded image, most probable first.</summary>
    /// <param name="image">A PNG or JPEG image, read to its end and left open.</param>
    /// <param name="count">How many classes to give at most.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="UnusableDataException">The bytes are no image, or it does not fit the checkpoint's preprocessing.</exception>
    public IReadOnlyList<Prediction> Predict(Stream image, int count = 5, CancellationToken cancellation = default) =>
        Predict(ImageFile.Decode(image, StreamName), count, cancellation);

    /// <summary>The same without holding a thread while the image arrives or other callers are served: for servers. The network itself runs as in <see cref="Predict(Stream, int, CancellationToken)"/>.</summary>
    /// <param name="image">A PNG or JPEG image, read to its end and left open.</param>
    /// <param name="count">How many classes to give at most.</param>
    /// <param name="cancellation">Gives up reading and waiting.</param>
    /// <exception cref="UnusableDataException">The bytes are no image, or it does not fit the checkpoint's preprocessing.</exception>
    public async Task<IReadOnlyList<Prediction>> PredictAsync(Stream image, int count = 5, CancellationToken cancellation = default)
    {
        Image decoded = await ImageFile.DecodeAsync(image, StreamName, cancellation).ConfigureAwait(false);
        using PlanPool<ClassifierPlan>.Lease lease = await _plans.RentAsync(cancellation).ConfigureAwait(false);
        return Best(lease.Plan.Predict(decoded), count);
    }

    /// <summary>The probabilities of an image that the caller prepared; nothing is allocated.</summary>
    /// <param name="prepared">What <see cref="Preprocessing.Apply"/> of the checkpoint's preprocessing makes of an image: (H, W, C).</param>
    /// <param name="probabilities">Takes a number for each of the checkpoint's classes.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void Predict(ReadOnlySpan<float> prepared, Span<float> probabilities, CancellationToken cancellation = default)
    {
        if (probabilities.Length != Info.Classes.Count)
        {
            throw new ArgumentException($"There are {Info.Classes.Count} classes, but room for {probabilities.Length} probabilities was given.", nameof(probabilities));
        }

        using PlanPool<ClassifierPlan>.Lease lease = _plans.Rent(cancellation);
        lease.Plan.Predict(prepared).CopyTo(probabilities);
    }

    /// <summary>Evaluates the checkpoint on a set of the same classes.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="loaderThreads">Threads that prepare images.</param>
    /// <param name="progress">Told the number of images done.</param>
    /// <param name="cancellation">Stops the evaluation.</param>
    /// <exception cref="InvalidDatasetException">The set has other classes.</exception>
    public Evaluation Evaluate(IImageDataset dataset, int loaderThreads = 1, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ClassCheck.Require(Info.Classes, dataset, "The data set", "the checkpoint");
        using PlanPool<ClassifierPlan>.Lease lease = _plans.Rent(cancellation);
        return lease.Plan.Evaluate(dataset, loaderThreads, progress, cancellation);
    }

    /// <summary>Waits for callers that are being served, then frees all memory.</summary>
    public void Dispose()
    {
        _plans.Dispose();
        _state.Dispose();
    }

    private Prediction[] Best(ReadOnlySpan<float> probabilities, int count)
    {
        float[] values = probabilities.ToArray();
        int[] order = new int[values.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (left, right) => values[left] != values[right] ? values[right].CompareTo(values[left]) : left.CompareTo(right));
        Prediction[] best = new Prediction[Math.Clamp(count, 0, order.Length)];
        for (int i = 0; i < best.Length; i++)
        {
            best[i] = new Prediction(Info.Classes[order[i]], values[order[i]]);
        }

        return best;
    }
}
