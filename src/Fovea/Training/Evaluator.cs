using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>An image that was predicted wrong.</summary>
/// <param name="Index">Its index in the data set.</param>
/// <param name="Truth">The index of its class.</param>
/// <param name="Predicted">The index of the class it was taken for.</param>
/// <param name="Confidence">The probability given to that class.</param>
public readonly record struct Mistake(int Index, int Truth, int Predicted, float Confidence);

/// <summary>What an evaluation found.</summary>
/// <param name="Loss">Mean cross-entropy, without smoothing.</param>
/// <param name="Top1">The share of images whose class got the highest probability.</param>
/// <param name="Top5">The share of images whose class is among the five highest.</param>
/// <param name="Confusion">Which class was taken for which.</param>
/// <param name="Mistakes">The wrong predictions of highest confidence, highest first.</param>
public sealed record Evaluation(double Loss, double Top1, double Top5, ConfusionMatrix Confusion, IReadOnlyList<Mistake> Mistakes);

/// <summary>Runs a network for inference on batches of images.</summary>
public sealed class Evaluator : IDisposable
{
    private const int KeptMistakes = 24;
    private readonly Plan _plan;
    private readonly int _classes;

    /// <summary>Compiles the network.</summary>
    /// <param name="network">A network with weights.</param>
    /// <param name="preprocessing">How images become its input.</param>
    /// <param name="batchSize">Images in a batch.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <exception cref="ShapeException">The network does not take images of the preprocessing's size.</exception>
    public Evaluator(Network network, Preprocessing preprocessing, int batchSize, WorkerPool? pool = null)
    {
        Preprocessing = preprocessing;
        BatchSize = batchSize;
        _classes = network.Classes;
        ComputeGraph graph = new();
        Value images = graph.Input("images", [batchSize, preprocessing.Height, preprocessing.Width, preprocessing.Channels]);
        Value logits = network.Forward(images);
        graph.Output("probabilities", logits.Softmax());
        graph.Output("losses", logits.CrossEntropy(graph.Input("labels", [batchSize], ElementType.Int32)));
        _plan = Plan.Compile(graph, pool);
    }

    /// <summary>How images become the network's input.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>Images in a batch.</summary>
    public int BatchSize { get; }

    /// <summary>Takes over changed weights.</summary>
    public void Refresh() => _plan.Refresh();

    /// <summary>The probability of each class for one image: (classes).</summary>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    public ReadOnlySpan<float> Predict(Image image)
    {
        Preprocessing.Apply(image, _plan.Input("images")[..Preprocessing.Length]);
        return PredictFirst();
    }

    /// <summary>The probability of each class for one image that is prepared already: (classes).</summary>
    /// <param name="prepared">What <see cref="Preprocessing.Apply"/> makes of an image: (H, W, C).</param>
    /// <exception cref="ArgumentException">It has another length.</exception>
    public ReadOnlySpan<float> Predict(ReadOnlySpan<float> prepared)
    {
        Preprocessing.RequireLength(prepared);
        prepared.CopyTo(_plan.Input("images"));
        return PredictFirst();
    }

    /// <summary>Evaluates all images of a set.</summary>
    /// <param name="dataset">The images; their classes are those of the network.</param>
    /// <param name="loaderThreads">Threads that prepare images.</param>
    /// <param name="progress">Told the number of images done.</param>
    /// <param name="cancellation">Stops the evaluation.</param>
    /// <exception cref="UnusableDataException">An image cannot be read.</exception>
    public Evaluation Evaluate(IImageDataset dataset, int loaderThreads = 1, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        using DataLoader loader = new(dataset, Preprocessing, DataLoaderOptions.ForEvaluation(BatchSize, loaderThreads));
        ConfusionMatrix confusion = new(dataset.Classes);
        List<Mistake> mistakes = [];
        double loss = 0;
        int top5 = 0;
        int done = 0;
        foreach (Batch batch in loader.Epoch(0, cancellationToken: cancellation))
        {
            batch.Images.CopyTo(_plan.Input("images"));
            batch.Labels.CopyTo(_plan.IntegerInput("labels"));
            _plan.Run();
            ReadOnlySpan<float> losses = _plan.Output("losses");
            for (int i = 0; i < batch.Count; i++)
            {
                ReadOnlySpan<float> probabilities = _plan.Output("probabilities").Slice(i * _classes, _classes);
                int truth = batch.Labels[i];
                int predicted = IndexOfLargest(probabilities);
                confusion.Add(truth, predicted);
                loss += losses[i];
                top5 += Rank(probabilities, truth) < 5 ? 1 : 0;
                if (predicted != truth)
                {
                    mistakes.Add(new Mistake(batch.Indices[i], truth, predicted, probabilities[predicted]));
                }
            }

            done += batch.Count;
            progress?.Report(done);
        }

        return new Evaluation(
            loss / done,
            confusion.Accuracy,
            (double)top5 / done,
            confusion,
            [.. mistakes.OrderByDescending(mistake => mistake.Confidence).ThenBy(mistake => mistake.Index).Take(KeptMistakes)]);
    }

    /// <summary>Frees the plan's memory.</summary>
    public void Dispose() => _plan.Dispose();

    /// <summary>The index of the largest value, the first of equals.</summary>
    internal static int IndexOfLargest(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
            {
                best = i;
            }
        }

        return best;
    }

    private ReadOnlySpan<float> PredictFirst()
    {
        _plan.IntegerInput("labels").Fill(-1);
        _plan.Run();
        return _plan.Output("probabilities")[.._classes];
    }

    private static int Rank(ReadOnlySpan<float> values, int index)
    {
        int rank = 0;
        foreach (float value in values)
        {
            rank += value > values[index] ? 1 : 0;
        }

        return rank;
    }
}
