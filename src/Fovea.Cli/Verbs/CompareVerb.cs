using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea compare MODEL...</c>: models side by side, in cost and in measured speed.</summary>
internal sealed class CompareVerb : Verb
{
    private readonly Argument<string[]> _models;
    private readonly Option<int> _batch;
    private readonly Option<string> _size;
    private readonly Option<double> _seconds;
    private readonly Option<int?> _threads;

    /// <summary>Declares the verb.</summary>
    public CompareVerb()
        : base(
            "compare",
            "Show models side by side: parameters, multiply-adds, memory, and the speed of inference measured on this machine.",
            "fovea compare cmt_s pit_s crossformer_s resnet50",
            "fovea compare cmt_ti pit_ti --batch 8 --threads 1 --json")
    {
        _models = AddArgument<string[]>(
            "MODEL", "Names of models ('fovea models' lists them), HEAD:MODEL for detectors, or checkpoints.");
        _models.Arity = ArgumentArity.OneOrMore;
        _batch = AddOption("--batch", "Images in one run.", 1);
        _size = AddOption<string>(
            "--size", "Side of the images in pixels, or rows and columns as 192x256. [default: each model's native size]");
        _seconds = AddOption("--seconds", "How long to measure each model.", 2.0);
        _threads = AddThreads("Threads to run on.");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        int batch = context.Value(_batch);
        if (batch < 1)
        {
            throw new UsageException($"--batch {batch} is too small: a run takes at least one image.");
        }

        TimeSpan duration = OptionChecks.Seconds(context.Value(_seconds));
        (int Height, int Width)? size = context.Value(_size) is string text ? ModelChoice.ParseSize(text) : null;
        ModelOptions options = new(Height: size?.Height, Width: size?.Width);
        string[] names = context.Value(_models);
        foreach (string name in names)
        {
            ModelChoice.Create(name, options);
        }

        using WorkerPool pool = new(Threads(context, _threads) ?? Environment.ProcessorCount);
        double peak = Executor.Default.MeasurePeak(pool.Threads);
        Table table = new("model", "input", "parameters", "multiply-adds", "memory", "time", "images/s", "GFLOP/s", "of peak");
        JsonArray models = [];
        using (ProgressBar bar = context.Progress("measuring", names.Length, "models"))
        {
            for (int i = 0; i < names.Length; i++)
            {
                NetworkSummary summary = new(ModelChoice.Create(names[i], options), batch, pool.Threads);
                Benchmark speed = Benchmark.Inference(ModelChoice.Create(names[i], options), batch, pool, duration, cancellation);
                Add(table, models, names[i], summary, speed, peak);
                bar.Report(i + 1);
            }

            bar.Finish();
        }

        context.Output.WriteLine(
            $"{batch} at a time on {pool.Threads} {(pool.Threads == 1 ? "thread" : "threads")}, which reach {Numbers.Fixed(peak, 0)} "
                + "GFLOP/s at most");
        context.Output.WriteLine();
        context.Write(table);
        context.Result["batch"] = batch;
        context.Result["threads"] = pool.Threads;
        context.Result["peakGflops"] = peak;
        context.Result["models"] = models;
        return Task.FromResult(ExitCodes.Success);
    }

    private static void Add(Table table, JsonArray models, string name, NetworkSummary summary, Benchmark speed, double peak)
    {
        double gflops = 2e-9 * summary.MultiplyAdds * speed.ImagesPerSecond;
        table.Add(
            name,
            $"{summary.Network.Height}x{summary.Network.Width}",
            Numbers.Count(summary.Parameters),
            Numbers.Count(summary.MultiplyAdds),
            Numbers.Bytes(summary.InferenceBytes),
            Numbers.Duration(speed.Median),
            Numbers.Count(speed.ImagesPerSecond),
            Numbers.Fixed(gflops, 1),
            Numbers.Percent(gflops / peak));
        models.Add((JsonNode)new JsonObject
        {
            ["model"] = name,
            ["input"] = new JsonArray(summary.Network.Height, summary.Network.Width),
            ["parameters"] = summary.Parameters,
            ["macs"] = summary.MultiplyAdds,
            ["inferenceBytes"] = summary.InferenceBytes,
        }.With(speed, gflops, peak));
    }
}
