using Fovea.Data;
using Fovea.Engine.Compile.Cpu;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>A class and its probability.</summary>
/// <param name="Class">The class's name.</param>
/// <param name="Probability">From 0 to 1.</param>
public readonly record struct Prediction(string Class, float Probability);

/// <summary>A picture in, its classes out: a checkpoint made ready to use. Predicts one picture at a time.</summary>
public sealed class Classifier : IDisposable
{
    private readonly ModuleState _state;
    private readonly Evaluator _evaluator;

    private Classifier(CheckpointInfo info, Network network, ModuleState state, int batchSize, WorkerPool? pool)
    {
        Info = info;
        _state = state;
        _evaluator = new Evaluator(network, info.Preprocessing, batchSize, pool);
    }

    /// <summary>What the weights are.</summary>
    public CheckpointInfo Info { get; }

    /// <summary>Loads a checkpoint.</summary>
    /// <param name="path">A safetensors file that Fovea wrote.</param>
    /// <param name="batchSize">Pictures in a batch of <see cref="Evaluate"/>.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <param name="size">Rows and columns of the pictures that the network is given; the checkpoint's own where null. Position tables are resized.</param>
    /// <exception cref="InvalidFileException">The file is missing, broken or does not fit its model.</exception>
    /// <exception cref="ShapeException">The model does not take pictures of the given size.</exception>
    public static Classifier Load(string path, int batchSize = 1, WorkerPool? pool = null, (int Height, int Width)? size = null)
    {
        (CheckpointInfo info, Network network, ModuleState state) = Checkpoint.Open(path, size);
        return new Classifier(info, network, state, batchSize, pool);
    }

    /// <summary>The most probable classes of a picture, most probable first.</summary>
    /// <param name="picture">A picture of any size.</param>
    /// <param name="count">How many classes to give at most.</param>
    /// <exception cref="DataException">The picture does not fit the checkpoint's preprocessing.</exception>
    public IReadOnlyList<Prediction> Predict(Picture picture, int count = 5)
    {
        float[] probabilities = _evaluator.Predict(picture).ToArray();
        return
        [
            .. Enumerable.Range(0, probabilities.Length)
                .OrderByDescending(index => probabilities[index])
                .Take(count)
                .Select(index => new Prediction(Info.Classes[index], probabilities[index])),
        ];
    }

    /// <summary>Evaluates the checkpoint on a set of the same classes.</summary>
    /// <param name="dataset">The pictures.</param>
    /// <param name="loaderThreads">Threads that prepare pictures.</param>
    /// <param name="progress">Told the number of pictures done.</param>
    /// <param name="cancellation">Stops the evaluation.</param>
    /// <exception cref="InvalidDatasetException">The set has other classes.</exception>
    public Evaluation Evaluate(IPictureDataset dataset, int loaderThreads = 1, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ClassNames.Require(Info.Classes, dataset, "The data set", "the checkpoint");
        return _evaluator.Evaluate(dataset, loaderThreads, progress, cancellation);
    }

    /// <summary>Frees all memory.</summary>
    public void Dispose()
    {
        _evaluator.Dispose();
        _state.Dispose();
    }
}
