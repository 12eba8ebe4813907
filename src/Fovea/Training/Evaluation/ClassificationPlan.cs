using System.Runtime.InteropServices;
using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>A classifier compiled for batches of labelled images: probabilities and the loss of each image.</summary>
internal sealed class ClassificationPlan : IDisposable
{
    private readonly Plan _plan;
    private readonly bool _ownsPlan;
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
        : this(Plan.Compile(Build(network, preprocessing, batchSize), pool), true, preprocessing, batchSize, network.Classes)
    {
    }

    private ClassificationPlan(Plan plan, bool ownsPlan, Preprocessing preprocessing, int batchSize, int classes) =>
        (_plan, _ownsPlan, _preprocessing, _batchSize, _classes) = (plan, ownsPlan, preprocessing, batchSize, classes);

    /// <summary>Uses a plan of <see cref="Build"/> that stays the caller's.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="preprocessing">Preprocessing that turns images into its input.</param>
    /// <param name="batchSize">Images in a batch.</param>
    /// <param name="classes">Number of classes.</param>
    public static ClassificationPlan Borrow(Plan plan, Preprocessing preprocessing, int batchSize, int classes) =>
        new(plan, false, preprocessing, batchSize, classes);

    /// <summary>
    /// Builds the graph: inputs <c>images</c> (N, H, W, C) and <c>labels</c> (N), outputs probabilities (N, classes) and losses (N).
    /// </summary>
    /// <param name="network">A network with weights.</param>
    /// <param name="preprocessing">Preprocessing that turns images into its input.</param>
    /// <param name="batchSize">Images in a batch.</param>
    public static ComputeGraph Build(Network network, Preprocessing preprocessing, int batchSize)
    {
        ComputeGraph graph = new();
        Value images = graph.Input(Batch.ImagesName, [batchSize, preprocessing.Height, preprocessing.Width, preprocessing.Channels]);
        Value logits = network.Forward(images);
        graph.Output("probabilities", logits.Softmax());
        graph.Output("losses", logits.CrossEntropy(graph.Input(Batch.LabelsName, [batchSize], ElementType.Int32)));
        return graph;
    }

    /// <summary>Takes over changed weights.</summary>
    public void Refresh() => _plan.Refresh();

    /// <summary>Evaluates all images of a set.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="among">
    /// The network's class of each of the set's, where the set has some of them only: the probabilities are then of these alone. Null where
    /// the set has the network's classes.
    /// </param>
    /// <param name="loaderThreads">Threads that prepare images.</param>
    /// <param name="unreadable">Counter of images that cannot be read; they are left out.</param>
    /// <param name="ranks">Processes that share the images, each of which gives all figures.</param>
    /// <param name="progress">Told the number of images done.</param>
    /// <param name="cancellation">Stops the evaluation.</param>
    /// <exception cref="UnusableDataException">Too many images cannot be read.</exception>
    public Evaluation Evaluate(
        IImageDataset dataset,
        IReadOnlyList<int>? among,
        int loaderThreads,
        UnreadableImages unreadable,
        ICollective ranks,
        IProgress<int>? progress,
        CancellationToken cancellation)
    {
        DataLoaderOptions options = DataLoaderOptions.ForEvaluation(_batchSize, loaderThreads) with
        {
            Unreadable = unreadable,
            Share = new BatchShare(ranks.Rank, 1, ranks.Size),
        };
        using DataLoader loader = new(dataset, _preprocessing, options);
        List<ImageFigures> figures = [];
        float[] common = new float[among?.Count ?? 0];
        int done = 0;
        foreach (Batch batch in loader.Epoch(0, cancellationToken: cancellation))
        {
            _plan.Fill(batch);
            _plan.Run();
            ReadOnlySpan<float> losses = _plan.Output("losses");
            for (int i = 0; i < batch.Count; i++)
            {
                ReadOnlySpan<float> probabilities = _plan.Output("probabilities").Slice(i * _classes, _classes);
                if (among is null)
                {
                    figures.Add(ImageFigures.Of(batch.Indices[i], batch.Labels[i], probabilities, losses[i]));
                }
                else
                {
                    Restrict(probabilities, among, common);
                    figures.Add(ImageFigures.Of(
                        batch.Indices[i], batch.Labels[i], common, -Math.Log(common[batch.Labels[i]])));
                }
            }

            done += batch.Count;
            progress?.Report(Math.Min(done * ranks.Size, dataset.Count));
        }

        // In the order of the set, so that sums have the same bits for any number of ranks.
        EvaluationSums sums = new(dataset.Classes);
        foreach (ImageFigures image in ranks.Gather(CollectionsMarshal.AsSpan(figures)).OrderBy(image => image.Index))
        {
            sums.Add(image);
        }

        SharedUnreadable.Merge(ranks, unreadable);
        return sums.ToEvaluation() with { Unreadable = unreadable.Images };
    }

    /// <summary>Frees the plan's memory, unless the plan is the caller's.</summary>
    public void Dispose()
    {
        if (_ownsPlan)
        {
            _plan.Dispose();
        }
    }

    /// <summary>Scales the probabilities of some classes to a sum of 1.</summary>
    private static void Restrict(ReadOnlySpan<float> probabilities, IReadOnlyList<int> among, Span<float> common)
    {
        double sum = 0;
        for (int i = 0; i < common.Length; i++)
        {
            // Never quite 0, so that the loss stays a number.
            common[i] = Math.Max(probabilities[among[i]], float.Epsilon);
            sum += common[i];
        }

        for (int i = 0; i < common.Length; i++)
        {
            common[i] = (float)Math.Max(common[i] / sum, float.Epsilon);
        }
    }
}
