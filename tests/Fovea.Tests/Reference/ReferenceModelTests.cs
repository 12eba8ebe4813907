using System.Collections.Concurrent;
using System.Diagnostics;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Reference;
using Fovea.Tests.Models;

namespace Fovea.Tests.Reference;

/// <summary>
/// Registered models, at a small size and in its inference form, by the plain definitions of its operations: what the passes make of
/// its graph gives the logits of the CPU's plan.
/// </summary>
public sealed class ReferenceModelTests(ITestOutputHelper log)
{
    [Fact]
    public void Every_model_gives_the_logits_that_its_operations_define()
    {
        ConcurrentBag<string> problems = [];
        Stopwatch time = Stopwatch.StartNew();
        string[] names = [.. BuiltInModels.NamesToRun];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Math.Min(2, Environment.ProcessorCount) };
        Parallel.ForEach(Partitioner.Create(names, loadBalance: true), parallel, name =>
        {
            if (Record.Exception(() => Compare(name)) is Exception error)
            {
                problems.Add($"{name}: {error.Message}");
            }
        });
        log.WriteLine($"{names.Length} models in {time.Elapsed.TotalSeconds:f0} s");
        Assert.True(problems.IsEmpty, $"{problems.Count} models differ:\n{string.Join('\n', problems.Order())}");
    }

    private void Compare(string name)
    {
        Stopwatch time = Stopwatch.StartNew();
        Network network = ModelRegistry.Create(name, EveryModelTests.Small(name) with { Classes = 5 });
        using ParameterStore state = new(network);
        SmallRun.Fill(state);
        ComputeGraph graph = new();
        Value images = graph.Input("images", [1, network.Height, network.Width, 3]);
        graph.Output("logits", network.Forward(images));
        float[] pixels = SmallRun.Pixels(images.Shape);
        if (graph.Nodes.Any(node => node.Operation is Unary { Kind: UnaryKind.Silu }))
        {
            SmallRun.Settle(network, pixels);
        }

        using WorkerPool pool = new(1);
        float[][] got = Logits(Executor.Default.On(pool), graph, pixels, new float[pixels.Length], SmallRun.Nudged(pixels));
        TimeSpan before = time.Elapsed;
        float[] want = Logits(new ReferenceExecutor(), graph, pixels)[0];
        double roundings = SmallRun.Roundings(graph);

        // A rounding on the way counts as much as one of the logits, or as one of the pixels makes of them, where the network amplifies it.
        double tolerance = roundings * Math.Max(SmallRun.Rounding * want.Max(Math.Abs), SmallRun.Distance(got[0], got[2]));
        double distance = SmallRun.Distance(want, got[0]);
        log.WriteLine(
            $"{name}, {network.Height}×{network.Width}: {(time.Elapsed - before).TotalSeconds:f1} s of {time.Elapsed.TotalSeconds:f1} s, "
            + $"{distance / tolerance * roundings:f0} of {roundings:f0} roundings");
        Assert.True(distance <= tolerance, $"{distance / tolerance * roundings:f0} roundings apart, {roundings:f0} are explained");
        Assert.True(SmallRun.Distance(want, got[1]) > 20 * tolerance, "logits hardly depend on the image: the comparison shows nothing");
    }

    /// <summary>The logits of images, one after another.</summary>
    private static float[][] Logits(Executor executor, ComputeGraph graph, params float[][] images)
    {
        using Plan plan = executor.Compile(graph);
        return [.. images.Select(image =>
        {
            image.CopyTo(plan.Input("images"));
            plan.Run();
            return plan.Output("logits").ToArray();
        })];
    }
}
