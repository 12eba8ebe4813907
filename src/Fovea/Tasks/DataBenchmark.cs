using System.Diagnostics;
using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>Speed of a loader and of steps of training, each by itself and both together: which of them waits for the other.</summary>
/// <param name="Loader">Images a second that the loader prepares by itself, on one thread.</param>
/// <param name="Network">Images a second of steps on one batch, without a loader.</param>
/// <param name="Together">Images a second of steps on the loader's batches.</param>
/// <param name="Waiting">Share of the time in which a step waits for its batch, from 0 to 1.</param>
public sealed record DataBenchmark(double Loader, double Network, double Together, double Waiting)
{
    // Small enough that weights stay ordinary however long it is measured.
    private const double LearningRate = 1e-6;

    /// <summary>Share by which steps take longer with the loader beside them, as both use the same processors.</summary>
    public double Slowdown => Math.Max(0, 1 - (Together / Network));

    /// <summary>Measures training: nothing is kept of it.</summary>
    /// <param name="options">Options of the run: model, batch size, augmentation, objective, optimiser.</param>
    /// <param name="training">Training images.</param>
    /// <param name="pool">Threads of the network.</param>
    /// <param name="duration">Time of each of the three measurements, and of a warm-up before each.</param>
    /// <param name="ranks">Processes that share each batch, each of which gives the speed of all; this one by itself where null.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    /// <exception cref="ArgumentException">An option is out of range, or there are too few images for a batch.</exception>
    public static DataBenchmark Training(
        TrainingOptions options,
        IImageDataset training,
        WorkerPool pool,
        TimeSpan duration,
        ICollective? ranks = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(training);
        ranks ??= SingleRank.Instance;
        options = options with { AccumulationSteps = 1, Shards = ranks.Size };
        options.Validate();
        Stack<IDisposable> owned = [];
        try
        {
            Model model = Own(TrainingModel.Create(options, training.Classes, fresh: true));
            Objective objective = TrainingObjective.Create(options, model, training, owned);
            BatchLayout layout = objective.Layout(model);
            TrainingStep step = Own(new TrainingStep(model, objective, layout, options, pool, ranks));
            DataLoaderOptions loading = options.ForLoader(layout, options.CountUnreadable(training.Count, null), threads: 1, step.Share);
            DataLoader loader = Own(new DataLoader(training, options.Preprocessing, loading));
            double[] sums = new double[objective.Metrics.Count];
            long steps = 0;

            (double loaderAlone, _) = Measure(Batches(loader, cancellation), _ => { }, duration, ranks);
            using IEnumerator<Batch> batches = Batches(loader, cancellation).GetEnumerator();
            batches.MoveNext();
            (double networkAlone, _) = Measure(Enumerable.Repeat(batches.Current, int.MaxValue), Run, duration, ranks);
            (double together, double waiting) = Measure(Batches(loader, cancellation), Run, duration, ranks);
            return new DataBenchmark(loaderAlone, networkAlone, together, waiting);

            void Run(Batch batch)
            {
                cancellation.ThrowIfCancellationRequested();
                step.Run(batch, steps++, step.Share.First, LearningRate, sums);
            }
        }
        finally
        {
            while (owned.TryPop(out IDisposable? each))
            {
                each.Dispose();
            }
        }

        T Own<T>(T value)
            where T : IDisposable
        {
            owned.Push(value);
            return value;
        }
    }

    /// <summary>Uses batches for a time to warm up, and for the same time to measure.</summary>
    /// <returns>Images a second, and the share of the time in which the next batch was waited for.</returns>
    private static (double Rate, double Waiting) Measure(
        IEnumerable<Batch> batches, Action<Batch> use, TimeSpan duration, ICollective ranks)
    {
        Stopwatch clock = Stopwatch.StartNew();
        (TimeSpan begin, TimeSpan free, TimeSpan waited, long images) = (TimeSpan.MaxValue, TimeSpan.Zero, TimeSpan.Zero, 0L);
        foreach (Batch batch in batches)
        {
            TimeSpan given = clock.Elapsed;
            use(batch);
            if (begin < given)
            {
                waited += given - free;
                images += batch.Count;
            }

            free = clock.Elapsed;

            // All ranks begin to measure, and end, with the same batch.
            Span<double> wishes = [free >= duration ? 1 : 0, images > 0 && free - begin >= duration ? 1 : 0];
            ranks.AllReduce(wishes);
            if (wishes[1] > 0)
            {
                break;
            }

            begin = begin == TimeSpan.MaxValue && wishes[0] > 0 ? free : begin;
        }

        double seconds = (free - begin).TotalSeconds;
        return (images * ranks.Size / seconds, waited.TotalSeconds / seconds);
    }

    /// <summary>Batches of epoch after epoch, without an end.</summary>
    private static IEnumerable<Batch> Batches(DataLoader loader, CancellationToken cancellation)
    {
        for (int epoch = 0; ; epoch++)
        {
            foreach (Batch batch in loader.Epoch(epoch, cancellationToken: cancellation))
            {
                yield return batch;
            }
        }
    }
}
