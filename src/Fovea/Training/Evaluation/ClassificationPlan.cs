using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>A classifier compiled for batches of labelled images: probabilities and the loss of each image.</summary>
internal sealed class ClassificationPlan : IDisposable
{
    private const int KeptMistakes = 24;
    private readonly Plan _plan;
    private readonly Preprocessing _preprocessing;
    private readonly int _batchSize;
    private readonly int _classes;

    /// <summary>Compiles the network.</summary>
    /// <param name="network">A network with weights.</param>
    /// <param name="preprocessing">Preprocessing that turns images into its input.</param>
    /// <param name="batchSize">Images in a batch.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <exception cref="ShapeException">The network does not take images of the preprocessing's size.</exception>
    public ClassificationPlan(Network network, Preprocessing preprocessing, int batchSize, WorkerPool? pool = null)
    {
        (_preprocessing, _batchSize, _classes) = (preprocessing, batchSize, network.Classes);
        ComputeGraph graph = new();
        Value images = graph.Input(Batch.ImagesName, [batchSize, preprocessing.Height, preprocessing.Width, preprocessing.Channels]);
        Value logits = network.Forward(images);
        graph.Output("probabilities", logits.Softmax());
        graph.Output("losses", logits.CrossEntropy(graph.Input(Batch.LabelsName, [batchSize], ElementType.Int32)));
        _plan = Plan.Compile(graph, pool);
    }

    /// <summary>The input, to be filled before <see cref="Predict"/>: prepared images (N, H, W, C).</summary>
    public Span<float> Images => _plan.Input(Batch.ImagesName);

    /// <summary>Runs the network on <see cref="Images"/>.</summary>
    /// <returns>Probability of each class for each image, (N, classes).</returns>
    public ReadOnlySpan<float> Predict()
    {
        _plan.IntegerInput(Batch.LabelsName).Fill(-1);
        _plan.Run();
        return _plan.Output("probabilities");
    }

    /// <summary>Takes over changed weights.</summary>
    public void Refresh() => _plan.Refresh();

    /// <summary>Evaluates all images of a set.</summary>
    /// <param name="dataset">The images; their classes are those of the network.</param>
    /// <param name="loaderThreads">Threads that prepare images.</param>
    /// <param name="progress">Told the number of images done.</param>
    /// <param name="cancellation">Stops the evaluation.</param>
    /// <exception cref="UnusableDataException">An image cannot be read.</exception>
    public Evaluation Evaluate(IImageDataset dataset, int loaderThreads, IProgress<int>? progress, CancellationToken cancellation)
    {
        using DataLoader loader = new(dataset, _preprocessing, DataLoaderOptions.ForEvaluation(_batchSize, loaderThreads));
        ConfusionMatrix confusion = new(dataset.Classes);
        List<Mistake> mistakes = [];
        double loss = 0;
        int top5 = 0;
        int done = 0;
        foreach (Batch batch in loader.Epoch(0, cancellationToken: cancellation))
        {
            _plan.Fill(batch);
            _plan.Run();
            ReadOnlySpan<float> losses = _plan.Output("losses");
            for (int i = 0; i < batch.Count; i++)
            {
                ReadOnlySpan<float> probabilities = _plan.Output("probabilities").Slice(i * _classes, _classes);
                int truth = batch.Labels[i];
                int predicted = Ranking.IndexOfLargest(probabilities);
                confusion.Add(truth, predicted);
                loss += losses[i];
                top5 += Ranking.RankOf(probabilities, truth) < 5 ? 1 : 0;
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
}
