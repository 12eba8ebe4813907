using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Tests.Compile;

public sealed class WinogradPlanTests
{
    private static readonly Shape _map = [2, 14, 13, 40];
    private static readonly Shape _weights = [36, 3, 3, 40];

    [Fact]
    public void Constant_weights_are_kept_transformed_and_in_no_other_form()
    {
        Variable weights = new("weights", _weights, trainable: true);
        using VariableBlock block = GraphRun.Block(weights);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", _map), ["w"] = weights.Data.ToArray() };
        using Plan constant = Plan.Compile(Graph(graph => graph.Read(weights)), GraphRun.Single);
        using Plan changing = Plan.Compile(Graph(graph => graph.Input("w", _weights)), GraphRun.Single);
        GraphRun.Near(GraphRun.Outputs(changing, inputs), GraphRun.Outputs(constant, inputs), "constant weights", tolerance: 1e-5);

        // 36 values for each pair of channels, in whole panels of outputs.
        Assert.InRange(constant.Memory.Persistent, 36 * 40 * 48 * sizeof(float), (36 * 40 * 48 * sizeof(float)) + 4096);
        Assert.Equal(0, changing.Memory.Persistent);
    }

    [Theory]
    [InlineData(3, 81)]
    [InlineData(4, 100)]
    public void A_stride_of_two_takes_the_values_of_all_phases(int kernel, int values)
    {
        Variable weights = new("weights", [36, kernel, kernel, 40], trainable: true);
        using VariableBlock block = GraphRun.Block(weights);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", [2, 56, 55, 40]), ["w"] = weights.Data.ToArray() };
        using Plan constant = Plan.Compile(Strided(graph => graph.Read(weights)), GraphRun.Single);
        using Plan changing = Plan.Compile(Strided(graph => graph.Input("w", weights.Shape)), GraphRun.Single);
        GraphRun.Near(GraphRun.Outputs(changing, inputs), GraphRun.Outputs(constant, inputs), "stride of two", tolerance: 1e-5);
        Assert.InRange(constant.Memory.Persistent, values * 40 * 48 * sizeof(float), (values * 40 * 48 * sizeof(float)) + 4096);
        Assert.Equal(0, changing.Memory.Persistent);

        ComputeGraph Strided(Func<ComputeGraph, Value> read)
        {
            ComputeGraph graph = new();
            graph.Output("y", graph.Input("x", [2, 56, 55, 40]).Convolution(read(graph), new WindowSpec(kernel, Stride: 2, Padding: 1)));
            return graph;
        }
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

    [Fact]
    public void Changed_weights_are_transformed_again_when_the_plan_is_refreshed()
    {
        Variable weights = new("weights", _weights, trainable: true);
        using VariableBlock block = GraphRun.Block(weights);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", _map) };
        using Plan plan = Plan.Compile(Graph(graph => graph.Read(weights)), GraphRun.Single);
        GraphRun.Outputs(plan, inputs);
        weights.Data.Fill(0.25f);
        plan.Refresh();
        using Plan fresh = Plan.Compile(Graph(graph => graph.Read(weights)), GraphRun.Single);
        GraphRun.Near(GraphRun.Outputs(fresh, inputs), GraphRun.Outputs(plan, inputs), "refreshed", tolerance: 0);
    }

    private static ComputeGraph Graph(Func<ComputeGraph, Value> weights)
    {
        ComputeGraph graph = new();
        Value x = graph.Input("x", _map);
        Value y = x.Convolution(weights(graph), new WindowSpec(3, Padding: 1));
        graph.Output("y", y);
        return graph;
    }
}
