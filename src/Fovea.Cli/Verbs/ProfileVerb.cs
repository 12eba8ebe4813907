using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea profile MODEL</c>: where the time of a plan goes.</summary>
internal sealed class ProfileVerb : Verb
{
    private readonly Argument<string> _model;
    private readonly Option<int> _batch;
    private readonly Option<int?> _threads;
    private readonly Option<string> _size;
    private readonly Option<bool> _train;
    private readonly Option<bool> _inOrder;
    private readonly Option<int> _top;
    private readonly Option<string> _html;

    /// <summary>Declares the verb.</summary>
    public ProfileVerb()
        : base(
            "profile",
            "Show where the time of a model's plan goes: node by node, by operation and by part.",
            "fovea profile cmt_s --batch 8 --threads 1",
            "fovea profile crossformer_s --in-order --top 1000 --html profile.html")
    {
        _model = AddArgument<string>(
            "MODEL", "The model's name ('fovea models' lists them), HEAD:MODEL for a detector, or a checkpoint.");
        _batch = AddOption("--batch", "Images in one run.", 1);
        _threads = AddThreads("Threads to run on.");
        _size = AddOption<string>(
            "--size", "Side of the images in pixels, or rows and columns as 192x256. [default: the model's native size]");
        _train = AddOption<bool>("--train", "Profile a step of training (forward and backward) instead of inference.");
        _inOrder = AddOption<bool>("--in-order", "List nodes as they run, not the most expensive first.");
        _top = AddOption("--top", "How many nodes to list.", 20);
        _html = AddOption<string>("--html", "Write an image of the whole plan to this file, for a browser.");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        (int batch, int top) = (context.Value(_batch), context.Value(_top));
        if (batch < 1 || top < 1)
        {
            throw new UsageException("--batch and --top must be at least 1.");
        }

        string name = context.Value(_model);
        (int Height, int Width)? size = context.Value(_size) is string text ? ModelChoice.ParseSize(text) : null;
        Network network = ModelChoice.Create(name, new ModelOptions(Height: size?.Height, Width: size?.Width));
        using WorkerPool pool = new(Threads(context, _threads) ?? Environment.ProcessorCount);
        double peak = Executor.Default.MeasurePeak(pool.Threads);
        double bandwidth = Executor.Default.MeasureBandwidth(pool.Threads);
        PlanProfile profile = PlanProfile.Measure(network, batch, context.Value(_train), pool, cancellation: cancellation);

        long multiplyAdds = profile.Entries.Sum(entry => entry.MultiplyAdds);
        double gflops = 2e-9 * multiplyAdds / profile.Time.TotalSeconds;
        context.Output.WriteLine(
            $"{name}, {batch} at a time on {pool.Threads} {(pool.Threads == 1 ? "thread" : "threads")}: "
                + $"{Numbers.Duration(profile.Time)}, {Numbers.Fixed(gflops, 1)} GFLOP/s, {Numbers.Percent(gflops / peak)} of the peak "
                    + $"of {Numbers.Fixed(peak, 0)}");
        context.Output.WriteLine(
            $"memory copies at {Numbers.Fixed(bandwidth, 1)} GB/s; bytes are those of operands and results, which caches may hold");
        context.Output.WriteLine();
        context.Write(NodeTable(profile, context.Value(_inOrder), top, peak));
        context.Output.WriteLine();
        context.Write(TotalsTable("operation", profile, profile.By(entry => entry.Operation), peak));
        context.Output.WriteLine();
        context.Write(TotalsTable("part", profile, profile.By(entry => entry.Part), peak));
        if (context.Value(_html) is string html)
        {
            AtomicFile.Write(
                html, stream => FlameChart.Write(stream, $"{name}, batch {batch}, {pool.Threads} threads", profile, peak), cancellation);
            context.Output.WriteLine();
            context.Output.WriteLine($"Open {html} in a browser.");
        }

        Fill(context.Result, name, batch, pool.Threads, profile, peak, bandwidth);
        return Task.FromResult(ExitCodes.Success);
    }

    private static Table NodeTable(PlanProfile profile, bool inOrder, int top, double peak)
    {
        Table table = new("module", "operation", "time", "share", "multiply-adds", "GFLOP/s", "of peak", "bytes", "GB/s");
        IEnumerable<ProfileEntry> entries = inOrder ? profile.Entries : profile.Entries.OrderByDescending(entry => entry.Time);
        foreach (ProfileEntry entry in entries.Take(top))
        {
            table.Add(
                entry.Path,
                entry.Operation,
                Numbers.Duration(entry.Time),
                Numbers.Percent(entry.Time / profile.Time),
                entry.MultiplyAdds == 0 ? "" : Numbers.Count(entry.MultiplyAdds),
                entry.MultiplyAdds == 0 ? "" : Numbers.Fixed(entry.Gflops, 1),
                entry.MultiplyAdds == 0 ? "" : Numbers.Percent(entry.Gflops / peak),
                Numbers.Bytes(entry.Bytes),
                Numbers.Fixed(entry.GigabytesPerSecond, 1));
        }

        return table;
    }

    private static Table TotalsTable(
        string heading, PlanProfile profile, IReadOnlyList<(
            string Key, TimeSpan Time, long MultiplyAdds, long Bytes, int Count)> totals, double peak)
    {
        Table table = new(heading, "nodes", "time", "share", "multiply-adds", "of peak", "GB/s");
        foreach ((string key, TimeSpan time, long multiplyAdds, long bytes, int count) in totals)
        {
            table.Add(
                key,
                Numbers.Whole(count),
                Numbers.Duration(time),
                Numbers.Percent(time / profile.Time),
                multiplyAdds == 0 ? "" : Numbers.Count(multiplyAdds),
                multiplyAdds == 0 ? "" : Numbers.Percent(2e-9 * multiplyAdds / time.TotalSeconds / peak),
                Numbers.Fixed(1e-9 * bytes / time.TotalSeconds, 1));
        }

        return table;
    }

    private static void Fill(JsonObject result, string name, int batch, int threads, PlanProfile profile, double peak, double bandwidth)
    {
        result["model"] = name;
        result["batch"] = batch;
        result["threads"] = threads;
        result["peakGflops"] = peak;
        result["bandwidth"] = bandwidth;
        result["milliseconds"] = profile.Time.TotalMilliseconds;
        result["nodes"] = new JsonArray([.. profile.Entries.Select(entry => (JsonNode)new JsonObject
        {
            ["module"] = entry.Path,
            ["operation"] = entry.Operation,
            ["part"] = entry.Part,
            ["microseconds"] = entry.Time.TotalMicroseconds,
            ["macs"] = entry.MultiplyAdds,
            ["bytes"] = entry.Bytes,
            ["peakFraction"] = entry.MultiplyAdds == 0 ? 0 : entry.Gflops / peak,
        })]);
    }
}
