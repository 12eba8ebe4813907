using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea bench [MODEL...]</c>: how fast models run on this machine, and how near to what the processor can do.</summary>
internal sealed class BenchVerb : Verb
{
    private static readonly string[] _defaults =
    [
        "cmt_ti", "cmt_s", "patchconvnet_s60", "pit_ti", "pit_s", "crossformer_t", "crossformer_s", "botnet50", "botnet_s1_50", "resnet50",
    ];

    private readonly Argument<string[]> _models;
    private readonly Option<string> _batches;
    private readonly Option<string> _threads;
    private readonly Option<string> _size;
    private readonly Option<double> _seconds;
    private readonly Option<bool> _train;
    private readonly Option<string> _data;
    private readonly Option<string> _recipe;

    /// <summary>Declares the verb.</summary>
    public BenchVerb()
        : base(
            "bench",
            "Measure inference, or steps of training, beside the peak of this machine.",
            "fovea bench cmt_s pit_s --batch 1,8 --threads 1,2",
            "fovea bench resnet50 --train --batch 8 --json",
            "fovea bench faster_rcnn:resnet50 --size 800x1088",
            "fovea bench --data images/ --recipe recipes/cifar10/cmt_nano.json")
    {
        _models = AddArgument<string[]>("MODEL", "Names of models, or checkpoints. [default: ten of all families]");
        _models.Arity = ArgumentArity.ZeroOrMore;
        _batches = AddOption("--batch", "Images in one run; several numbers with commas between.", "1");
        _threads = AddOption<string>("--threads", "Threads to run on; several numbers with commas between. [default: all processors]");
        _size = AddOption<string>(
            "--size", "Side of the images in pixels, or rows and columns as 192x256. [default: each model's native size]");
        _seconds = AddOption("--seconds", "How long to measure each line; a third as long is run before.", 3.0);
        _train = AddOption<bool>("--train", "Measure whole steps of training: forward, backward, AdamW.");
        _data = AddOption<string>(
            "--data", "Measure steps of training on a data set, with the loader beside them: which of the two waits for the other.");
        _recipe = AddOption<string>("--recipe", "A recipe that says model, batch and augmentation for --data.");
    }

    /// <inheritdoc/>
    public override bool TakesRanks => true;

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        int[] batches = OptionChecks.ParseIntegers("--batch", context.Value(_batches)!, 1 << 20);
        int[] threads = OptionChecks.ParseIntegers("--threads", context.Value(_threads) ?? $"{Environment.ProcessorCount}", MaxThreads);
        if (threads.Max() > Environment.ProcessorCount)
        {
            context.Error.WriteLine(
                $"--threads {threads.Max()} is more than the {Environment.ProcessorCount} processors here, which is slower.");
        }

        TimeSpan duration = OptionChecks.Seconds(context.Value(_seconds));
        (int Height, int Width)? size = context.Value(_size) is string text ? ModelChoice.ParseSize(text) : null;
        ModelOptions options = new(Height: size?.Height, Width: size?.Width);
        if (context.Value(_data) is not null || context.Value(_recipe) is not null)
        {
            MeasureData(context, threads, duration, cancellation);
            return Task.FromResult(ExitCodes.Success);
        }

        string[] names = context.Value(_models) is { Length: > 0 } given ? given : _defaults;
        bool training = context.Value(_train);
        foreach (string name in names)
        {
            Network network = ModelChoice.Create(name, options);
            MemoryCheck.Require(
                $"{name} at {network.Height}x{network.Width}",
                "--batch",
                batches.Max(),
                batch => training
                    ? TrainingEstimate.Bytes(network, batch, threads: threads.Max())
                    : new NetworkSummary(network, batch, threads.Max()).InferenceBytes);
        }

        Dictionary<int, double> peaks = threads.Distinct().ToDictionary(count => count, count => Executor.Default.MeasurePeak(count));
        Table table = new("model", "batch", "threads", "median", "best", "images/s", "GFLOP/s", "of peak", "planned", "resident");
        JsonArray results = [];
        using (ProgressBar bar = context.Progress("measuring", names.Length * batches.Length * threads.Length, "lines"))
        {
            foreach (string name in names)
            {
                // A training step is three times the multiply-adds of the forward pass, as is usual to count.
                long multiplyAdds = (training ? 3 : 1) * NetworkSummary.Count(ModelChoice.Create(name, options)).MultiplyAdds;
                foreach (int batch in batches)
                {
                    foreach (int count in threads)
                    {
                        using WorkerPool pool = new(count);
                        Network network = ModelChoice.Create(name, options);
                        Benchmark speed = training
                            ? Benchmark.Training(network, batch, pool, duration, cancellation)
                            : Benchmark.Inference(network, batch, pool, duration, cancellation);
                        Add(table, results, name, count, speed, multiplyAdds, peaks[count]);
                        bar.Report(results.Count);
                    }
                }
            }

            bar.Finish();
        }

        IEnumerable<string> reached = peaks.Select(
            peak => $"{Numbers.Fixed(peak.Value, 1)} GFLOP/s on {peak.Key} {(peak.Key == 1 ? "thread" : "threads")}");
        context.Output.WriteLine($"peak {string.Join(", ", reached)}; {(training ? "steps of training" : "inference")}");
        context.Output.WriteLine();
        context.Write(table);
        context.Result["peakGflops"] = peaks[threads[0]];
        context.Result["train"] = training;
        context.Result["results"] = results;
        return Task.FromResult(ExitCodes.Success);
    }

    private void MeasureData(VerbContext context, int[] threads, TimeSpan duration, CancellationToken cancellation)
    {
        Recipe recipe = context.Value(_recipe) is string path ? Recipe.Read(path) : Recipe.Empty();
        int[] batches = context.IsGiven(_batches) ? OptionChecks.ParseIntegers("--batch", context.Value(_batches)!, 1 << 20) : [];
        new DataSpeed(context, recipe, threads, duration).Run(context.Value(_data), context.Value(_models) ?? [], batches, cancellation);
    }

    private static void Add(Table table, JsonArray results, string name, int threads, Benchmark speed, long multiplyAdds, double peak)
    {
        double gflops = 2e-9 * multiplyAdds * speed.ImagesPerSecond;
        table.Add(
            name,
            Numbers.Whole(speed.Batch),
            Numbers.Whole(threads),
            Numbers.Duration(speed.Median),
            Numbers.Duration(speed.Fastest),
            Numbers.Count(speed.ImagesPerSecond),
            Numbers.Fixed(gflops, 1),
            Numbers.Percent(gflops / peak),
            Numbers.Bytes(speed.PlannedBytes),
            Numbers.Bytes(speed.ResidentBytes));
        results.Add((JsonNode)new JsonObject
        {
            ["model"] = name,
            ["batch"] = speed.Batch,
            ["threads"] = threads,
            ["peakGflops"] = peak,
            ["plannedBytes"] = speed.PlannedBytes,
            ["residentBytes"] = speed.ResidentBytes,
        }.With(speed, gflops, peak));
    }
}
