using Fovea.Engine.Compile;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Tests.Compile;

public sealed class HoistEarlyBackwardTests
{
    private const int Heads = 4;
    private const int Channels = 16;
    private const int Width = 96;
    private static readonly CostModel _costs = new() { MinHoistedElements = 1000 };

    [Fact]
    public void Heads_with_losses_of_their_own_are_in_memory_one_after_the_other_and_give_the_same_bits()
    {
        using VariableBlock block = Weights();
        ComputeGraph late = new FusePointwise(_costs).Run(new FuseEpilogues().Run(Training(block)));
        ComputeGraph early = new HoistEarlyBackward(_costs).Run(late);
        using GradientBlock lateGradients = new(block.Variables);
        using GradientBlock earlyGradients = new(block.Variables);
        using Plan waiting = GraphRun.CompileUnfused(late, GraphRun.Single, lateGradients);
        using Plan hoisted = GraphRun.CompileUnfused(early, GraphRun.Single, earlyGradients);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", late.Inputs["x"].Shape) };

        Assert.Equal(GraphRun.Outputs(waiting, inputs)["loss"], GraphRun.Outputs(hoisted, inputs)["loss"]);
        Assert.Equal(lateGradients.Data.ToArray(), earlyGradients.Data.ToArray());
        Assert.True(
            3 * hoisted.Memory.Arena < 2 * waiting.Memory.Arena,
            $"{hoisted.Memory.Arena} of {waiting.Memory.Arena} bytes are still taken");
    }

    [Fact]
    public void Random_graphs_in_another_order_give_the_same_bits()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            using RandomGraphs made = new(seed, training: true);
            ComputeGraph late = new FusePointwise(new CostModel()).Run(new FuseEpilogues().Run(made.Graph));
            ComputeGraph early = new HoistEarlyBackward(new CostModel { MinHoistedElements = 1, MinRecomputeDistance = 1 }).Run(late);
            using GradientBlock lateGradients = made.Gradients();
            using GradientBlock earlyGradients = made.Gradients();
            using Plan waiting = GraphRun.CompileUnfused(late, GraphRun.Single, lateGradients);
            using Plan hoisted = GraphRun.CompileUnfused(early, GraphRun.Single, earlyGradients);
            Dictionary<string, float[]> inputs = late.Inputs
                .ToDictionary(input => input.Key, input => GraphRun.Values(input.Key, input.Value.Shape));
            Assert.Equal(GraphRun.Outputs(waiting, inputs), GraphRun.Outputs(hoisted, inputs));
            Assert.Equal(lateGradients.Data.ToArray(), earlyGradients.Data.ToArray());
        }
    }

    private static ComputeGraph Training(VariableBlock block)
    {
        ComputeGraph graph = new(training: true);
        Value trunk = graph.Input("x", [2, 12, 12, Channels]).MatMul(graph.Read(block.Variables[0])).Gelu();
        Value loss = Enumerable.Range(0, Heads).Select(head =>
        {
            Value wide = trunk.MatMul(graph.Read(block.Variables[1 + (2 * head)])).Gelu();
            Value y = wide.MatMul(graph.Read(block.Variables[2 + (2 * head)])).Gelu();
            return (y * y).Mean(axes: [0, 1, 2, 3]).Reshape(Shape.Scalar);
        }).Aggregate((sum, part) => sum + part);
        graph.Output("loss", loss);
        Gradients.Write(loss, [.. block.Variables]);
        return graph;
    }

    private static VariableBlock Weights() => GraphRun.Block(
    [
        new Variable("trunk", [Channels, Channels], true),
        .. Enumerable.Range(0, Heads).SelectMany(head => new[]
        {
            new Variable($"{head}.first", [Channels, Width], true),
            new Variable($"{head}.second", [Width, Width], true),
        }),
    ]);
}
