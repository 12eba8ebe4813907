using Fovea.Engine.Compile;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Tests.Compile;

public sealed class AddUpInOrderTests
{
    private const int Parts = 6;
    private const int Channels = 48;
    private static readonly CostModel _costs = new() { MinHoistedElements = 1000, MinRecomputedElements = 1000, MinRecomputeDistance = 8 };

    [Fact]
    public void Gradients_of_weights_that_parts_share_are_in_memory_for_one_part_at_a_time()
    {
        using VariableBlock block = Weights();
        ComputeGraph apart = Hoisted(Training(block));
        ComputeGraph added = new AddUpInOrder(_costs).Run(apart);
        using GradientBlock apartGradients = new(block.Variables);
        using GradientBlock addedGradients = new(block.Variables);
        using Plan keeping = GraphRun.CompileUnfused(apart, GraphRun.Single, apartGradients);
        using Plan adding = GraphRun.CompileUnfused(added, GraphRun.Single, addedGradients);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", apart.Inputs["x"].Shape) };

        GraphRun.Near(Everything(keeping, apartGradients, inputs), Everything(adding, addedGradients, inputs), "shared weights", 1e-6);
        Assert.True(
            4 * adding.Memory.Arena < 3 * keeping.Memory.Arena, $"{adding.Memory.Arena} of {keeping.Memory.Arena} bytes are still taken");
    }

    [Fact]
    public void Sums_by_any_number_of_threads_have_the_same_bits()
    {
        using VariableBlock block = Weights();
        using WorkerPool three = new(3);
        ComputeGraph added = new AddUpInOrder(_costs).Run(Hoisted(Training(block)));
        using GradientBlock ofOne = new(block.Variables);
        using GradientBlock ofThree = new(block.Variables);
        using Plan one = GraphRun.CompileUnfused(added, GraphRun.Single, ofOne);
        using Plan many = GraphRun.CompileUnfused(added, three, ofThree);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", added.Inputs["x"].Shape) };

        Assert.Equal(GraphRun.Outputs(one, inputs)["loss"], GraphRun.Outputs(many, inputs)["loss"]);
        Assert.Equal(ofOne.Data.ToArray(), ofThree.Data.ToArray());
    }

    [Fact]
    public void Random_graphs_with_sums_in_another_order_change_by_no_more_than_rounding()
    {
        int changed = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            using RandomGraphs made = new(seed, training: true);
            ComputeGraph apart = new FusePointwise(new CostModel()).Run(new FuseEpilogues().Run(made.Graph));
            ComputeGraph added = new AddUpInOrder(new CostModel { MinRecomputedElements = 1, MinRecomputeDistance = 1 }).Run(apart);
            if (added.Nodes.Count == apart.Nodes.Count)
            {
                continue;
            }

            changed++;
            using GradientBlock apartGradients = made.Gradients();
            using GradientBlock addedGradients = made.Gradients();
            using Plan keeping = GraphRun.CompileUnfused(apart, GraphRun.Single, apartGradients);
            using Plan adding = GraphRun.CompileUnfused(added, GraphRun.Single, addedGradients);
            Dictionary<string, float[]> inputs = apart.Inputs
                .ToDictionary(input => input.Key, input => GraphRun.Values(input.Key, input.Value.Shape));
            GraphRun.Near(
                Everything(keeping, apartGradients, inputs), Everything(adding, addedGradients, inputs), $"seed {seed}");
        }

        Assert.True(changed > 10, $"only {changed} graphs have a long sum");
    }

    [Fact]
    public void What_follows_a_sum_in_the_same_pass_follows_its_last_term()
    {
        ComputeGraph graph = new(training: true);
        Value gain = graph.Input("gain", [Channels]);
        Value x = graph.Input("x", [2, 20, Channels]);
        Value[] terms = [.. Enumerable.Range(0, 4).Select(i => x.MatMul(graph.Input($"{i}", [Channels, Channels])))];
        Value sum = terms[2] + terms[0] + terms[3] + terms[1];
        graph.Output("y", (sum * gain).Relu());
        graph.Output("columns", sum.Sum(0, 1));
        ComputeGraph apart = new FusePointwise(new CostModel()).Run(graph);
        ComputeGraph added = new AddUpInOrder(new CostModel { MinRecomputedElements = 1, MinRecomputeDistance = 1 }).Run(apart);
        Dictionary<string, float[]> inputs = apart.Inputs
            .ToDictionary(input => input.Key, input => GraphRun.Values(input.Key, input.Value.Shape));

        Assert.Equal(3, added.Nodes.Count(node => node.Operation is PointwiseChain));
        GraphRun.Near(
            GraphRun.Outputs(apart, inputs, fused: false), GraphRun.Outputs(added, inputs, fused: false), "a sum in a longer chain", 1e-6);
    }

    private static Dictionary<string, float[]> Everything(Plan plan, GradientBlock gradients, Dictionary<string, float[]> inputs) =>
        new(GraphRun.Outputs(plan, inputs)) { ["gradients"] = gradients.Data.ToArray() };

    private static ComputeGraph Hoisted(ComputeGraph graph) =>
        new HoistEarlyBackward(_costs).Run(new FusePointwise(_costs).Run(new FuseEpilogues().Run(graph)));

    // A head that reads a map part by part, each with a loss of its own.
    private static ComputeGraph Training(VariableBlock block)
    {
        ComputeGraph graph = new(training: true);
        Value[] weights = [.. block.Variables.Select(graph.Read)];
        Value trunk = graph.Input("x", [2 * Parts, 4, 4, Channels]).MatMul(weights[0]).Gelu();
        Value loss = trunk.Chunk(Parts).Select(part =>
        {
            Value y = part.MatMul(weights[1]).Gelu().MatMul(weights[2]).Gelu().MatMul(weights[3]).Gelu();
            return (y * y).Mean(axes: [0, 1, 2, 3]).Reshape(Shape.Scalar);
        }).Aggregate((sum, part) => sum + part);
        graph.Output("loss", loss);
        Gradients.Write(loss, [.. block.Variables]);
        return graph;
    }

    private static VariableBlock Weights() =>
        GraphRun.Block([.. Enumerable.Range(0, 4).Select(i => new Variable($"{i}", [Channels, Channels], true))]);
}
