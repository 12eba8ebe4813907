using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Compile;

public sealed class PixelBlockedPlanTests
{
    private static readonly Shape _map = [2, 114, 125, 3];
    private static readonly Shape _weights = [12, 16, 16, 3];

    [Fact]
    public void Constant_weights_and_weights_given_for_each_run_give_the_same_bits()
    {
        Variable weights = new("weights", _weights, trainable: true);
        using VariableBlock block = GraphRun.Block(weights);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", _map), ["w"] = weights.Data.ToArray() };
        using Plan constant = Plan.Compile(Graph(graph => graph.Read(weights)), GraphRun.Single);
        using Plan changing = Plan.Compile(Graph(graph => graph.Input("w", _weights)), GraphRun.Single);
        GraphRun.Near(GraphRun.Outputs(changing, inputs), GraphRun.Outputs(constant, inputs), "constant weights", tolerance: 0);

        // Either is computed several pixels at a time: three panels of two pixels' windows, 16 rows of 16 + 4 taps each.
        const int Packed = 3 * 16 * 20 * 3 * 16 * sizeof(float);
        Assert.InRange(constant.Memory.Persistent, Packed, Packed + 4096);
        Assert.Equal(0, changing.Memory.Persistent);
        Assert.NotNull(PixelBlockedGeometry.Of(new(2, 114, 125, 3, 12, Kernel: 16, Stride: 4, Padding: 6), weightsChange: true));
    }

    [Fact]
    public void A_plan_gives_the_same_bits_on_any_number_of_threads_and_allocates_nothing()
    {
        Variable weights = new("weights", _weights, trainable: true);
        using VariableBlock block = GraphRun.Block(weights);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", _map) };
        using WorkerPool three = new(3);
        using Plan single = Plan.Compile(Graph(graph => graph.Read(weights)), GraphRun.Single);
        using Plan many = Plan.Compile(Graph(graph => graph.Read(weights)), three);
        GraphRun.Near(GraphRun.Outputs(single, inputs), GraphRun.Outputs(many, inputs), "three threads", tolerance: 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        many.Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static ComputeGraph Graph(Func<ComputeGraph, Value> weights)
    {
        ComputeGraph graph = new();
        Value x = graph.Input("x", _map);
        Value y = x.Convolution(weights(graph), new WindowSpec(16, Stride: 4, Padding: 6));
        graph.Output("y", y);
        return graph;
    }
}
