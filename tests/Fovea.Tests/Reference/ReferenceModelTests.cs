using System.Collections.Concurrent;
using System.Diagnostics;
using Fovea.Engine.Compile.Cpu;
using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Reference;
using Fovea.Tests.Models;

namespace Fovea.Tests.Reference;

/// <summary>Every registered model by the plain definitions of its operations.</summary>
public sealed class ReferenceModelTests(Xunit.Abstractions.ITestOutputHelper log)
{
    [Fact]
    public void Every_model_agrees()
    {
        ConcurrentBag<string> problems = [];
        Stopwatch all = Stopwatch.StartNew();
        ParallelOptions two = new() { MaxDegreeOfParallelism = 2 };
        Parallel.ForEach(Partitioner.Create(ModelRegistry.Names.ToArray(), loadBalance: true), two, name =>
        {
            long t0 = Stopwatch.GetTimestamp();
            ModelOptions options = EveryModelTests.Small(name) with { Classes = 5 };
            Network network = ModelRegistry.Create(name, options);
            using ParameterStore state = new(network);
            EveryModelTests.Fill(state);
            double fill = Stopwatch.GetElapsedTime(t0).TotalSeconds; t0 = Stopwatch.GetTimestamp();
            ComputeGraph graph = new();
            graph.Output("logits", network.Forward(graph.Input("images", [1, network.Height, network.Width, 3])));
            using WorkerPool pool = new(1);
            using Plan plan = ModelPlans.Filled(Plan.Compile(graph, pool));
            plan.Run();
            double cpu = Stopwatch.GetElapsedTime(t0).TotalSeconds; t0 = Stopwatch.GetTimestamp();
            ReferencePlan reference = new(Plan.Optimize(graph));
            plan.Input("images").CopyTo(reference.Input("images"));
            reference.Run();
            double refer = Stopwatch.GetElapsedTime(t0).TotalSeconds; t0 = Stopwatch.GetTimestamp();
            float[] want = reference.Output("logits").ToArray();
            float[] got = plan.Output("logits").ToArray();
            double d = want.Zip(got, (a, b) => Math.Abs(a - b)).Max() * (1 << 24);
            problems.Add($"{refer:f2} {cpu:f2} {fill:f2} {name} {network.Height} params {state.ParameterCount / 1e6:f1}M macs {graph.Nodes.Sum(n => n.MultiplyAdds) / 1e6:f0}M distance {d:f1}u nodes {graph.Nodes.Count} scale {want.Max(Math.Abs):f2} spread {want.Max() - want.Min():g3}");
        });
        log.WriteLine($"all {all.Elapsed}");
        foreach (string s in problems) log.WriteLine(s);
    }
}
