using Fovea.Engine.Compile;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Tests.Compile;

public sealed class RecomputeForBackwardTests
{
    private const int Blocks = 8;
    private const int Channels = 24;

    [Fact]
    public void A_deep_network_trains_in_half_the_memory_with_the_same_bits()
    {
        using VariableBlock block = Weights();
        ComputeGraph kept = new FusePointwise(new CostModel()).Run(new FuseEpilogues().Run(Training(block)));
        ComputeGraph again = new RecomputeForBackward(new CostModel()).Run(kept);
        (long keeping, long recomputing) = ArenasOfSameBits(block, kept, again);
        Assert.True(2 * recomputing < keeping, $"{recomputing} of {keeping} bytes are still taken");
    }

    [Fact]
    public void A_share_of_the_products_is_computed_again_where_most_memory_is_in_use_with_the_same_bits()
    {
        using VariableBlock block = Weights();
        ComputeGraph kept = new FusePointwise(new CostModel()).Run(new FuseEpilogues().Run(Training(block)));
        ComputeGraph without = new RecomputeForBackward(new CostModel { RecomputedShare = 0 }).Run(kept);
        ComputeGraph with = new RecomputeForBackward(new CostModel { RecomputedShare = 0.1 }).Run(kept);
        long added = Products(with) - Products(without);

        // Where uses lie far apart, a product is computed a third time.
        Assert.InRange(added, 1, Products(kept) / 5);
        (long keeping, long recomputing) = ArenasOfSameBits(block, without, with);
        Assert.True(recomputing < keeping);
    }

    [Fact]
    public void A_product_is_computed_again_from_an_operand_whose_last_reader_runs_shortly_before()
    {
        const int layers = 12;
        Variable[] variables = [.. Enumerable.Range(0, layers).Select(i => new Variable($"{i}", [Channels, Channels], true))];
        using VariableBlock block = GraphRun.Block(variables);
        ComputeGraph graph = new(training: true);
        Value[] weights = [.. variables.Select(graph.Read)];
        Value x = graph.Input("x", [4, 20, 20, Channels]);
        Value turned = x.MatMul(weights[0]).Permute(0, 2, 1, 3);
        Value joined;
        using (graph.Enter("joined"))
        {
            joined = x.MatMul(weights[1]) + turned;
        }

        // Gradients are computed backwards: that of the third weight, which reads the turned map, before that of the second.
        Value y = joined.MatMul(weights[2]) + turned.MatMul(weights[3]);
        y = weights.Skip(4).Aggregate(y, (map, weight) => map.MatMul(weight).Gelu());
        Value loss = (y * y).Mean(axes: [0, 1, 2, 3]).Reshape(Shape.Scalar);
        graph.Output("loss", loss);
        Gradients.Write(loss, variables);
        ComputeGraph kept = new FusePointwise(new CostModel()).Run(new FuseEpilogues().Run(graph));
        ComputeGraph again = new RecomputeForBackward(new CostModel { RecomputedShare = 0.2 }).Run(kept);

        Assert.Equal(1, kept.Nodes.Count(IsJoined));
        Assert.Equal(2, again.Nodes.Count(IsJoined));
        ArenasOfSameBits(block, kept, again);

        static bool IsJoined(Node node) => node.Path == "joined" && node.Operation is MatMul { TransposeLeft: false };
    }

    [Fact]
    public void Computing_again_changes_random_graphs_by_no_more_than_rounding()
    {
        int repeated = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            using RandomGraphs made = new(seed, training: true);
            ComputeGraph kept = new FusePointwise(new CostModel()).Run(new FuseEpilogues().Run(made.Graph));
            ComputeGraph again = new RecomputeForBackward(new CostModel { MinRecomputedElements = 1, MinRecomputeDistance = 3 }).Run(kept);
            repeated += again.Nodes.Count > kept.Nodes.Count ? 1 : 0;
            using GradientBlock keptGradients = made.Gradients();
            using GradientBlock gradients = made.Gradients();
            using Plan keeping = GraphRun.CompileUnfused(kept, GraphRun.Single, keptGradients);
            using Plan recomputing = GraphRun.CompileUnfused(again, GraphRun.Single, gradients);
            Dictionary<string, float[]> inputs = kept.Inputs
                .ToDictionary(input => input.Key, input => GraphRun.Values(input.Key, input.Value.Shape));
            GraphRun.Near(Everything(keeping, keptGradients, inputs), Everything(recomputing, gradients, inputs), $"seed {seed}");
        }

        Assert.True(repeated > 30, $"only {repeated} graphs computed something again");
    }

    [Fact]
    public void A_chain_with_fewer_results_loses_the_instructions_that_only_the_others_needed()
    {
        Shape shape = [4, 8];
        PointwiseChain chain = new(
            shape,
            [shape, shape],
            [
                new PointwiseInstruction(new Binary(BinaryKind.Add), [0, 1]),
                new PointwiseInstruction(new Unary(UnaryKind.Exp), [2]),
                new PointwiseInstruction(new Unary(UnaryKind.Tanh), [0]),
            ],
            [new PointwiseResult(3, shape, ColumnSum: false), new PointwiseResult(4, shape, ColumnSum: false)]);

        PointwiseChain tanh = chain.With([chain.Results[1]]);

        Assert.Equal(new Unary(UnaryKind.Tanh), Assert.Single(tanh.Instructions).Operation);
        Assert.Equal(2, Assert.Single(tanh.Results).Register);
        Assert.Equal(2, chain.With([chain.Results[0]]).Instructions.Length);
    }

    private static long Products(ComputeGraph graph) => graph.Nodes.Sum(node => node.MultiplyAdds);

    /// <summary>Bytes that the plans of two graphs take between nodes; asserts the same loss and the same gradients.</summary>
    private static (long First, long Second) ArenasOfSameBits(VariableBlock block, ComputeGraph first, ComputeGraph second)
    {
        using GradientBlock firstGradients = new(block.Variables);
        using GradientBlock secondGradients = new(block.Variables);
        using Plan firstPlan = GraphRun.CompileUnfused(first, GraphRun.Single, firstGradients);
        using Plan secondPlan = GraphRun.CompileUnfused(second, GraphRun.Single, secondGradients);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", first.Inputs["x"].Shape) };
        Assert.Equal(GraphRun.Outputs(firstPlan, inputs)["loss"], GraphRun.Outputs(secondPlan, inputs)["loss"]);
        Assert.Equal(firstGradients.Data.ToArray(), secondGradients.Data.ToArray());
        return (firstPlan.Memory.Arena, secondPlan.Memory.Arena);
    }

    private static Dictionary<string, float[]> Everything(Plan plan, GradientBlock gradients, Dictionary<string, float[]> inputs) =>
        new(GraphRun.Outputs(plan, inputs)) { ["gradients"] = gradients.Data.ToArray() };

    // Inverted bottlenecks with both normalisations, whose residual sums lean on each other.
    private static ComputeGraph Training(VariableBlock block)
    {
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("x", [4, 20, 20, Channels]);
        for (int i = 0; i < Blocks; i++)
        {
            Value[] weights = [.. block.Variables.Skip(6 * i).Take(6).Select(graph.Read)];
            Value wide = x.LayerNormalization(weights[0], weights[1], 1e-5f).MatMul(weights[2]).Gelu();
            Value narrow = wide.MatMul(weights[3]);
            (Value mean, Value variance) = narrow.BatchStatistics();
            x = ((narrow - mean) / (variance + 1e-5f).Sqrt() * weights[4] + weights[5] + x).Relu();
        }

        Value loss = (x * x).Mean(axes: [0, 1, 2, 3]).Reshape(Shape.Scalar);
        graph.Output("loss", loss);
        Gradients.Write(loss, [.. block.Variables]);
        return graph;
    }

    private static VariableBlock Weights()
    {
        List<Variable> variables = [];
        for (int i = 0; i < Blocks; i++)
        {
            variables.Add(new Variable($"{i}.scale", [Channels], true));
            variables.Add(new Variable($"{i}.shift", [Channels], true));
            variables.Add(new Variable($"{i}.widen", [Channels, 4 * Channels], true));
            variables.Add(new Variable($"{i}.narrow", [4 * Channels, Channels], true));
            variables.Add(new Variable($"{i}.gain", [Channels], true));
            variables.Add(new Variable($"{i}.offset", [Channels], true));
        }

        return GraphRun.Block([.. variables]);
    }
}
