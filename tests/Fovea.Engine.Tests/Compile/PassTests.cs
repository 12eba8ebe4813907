using Fovea.Engine.Compile;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Execution;
using Fovea.Engine.Execution.Cpu;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Tests.Compile;

public sealed class PassTests
{
    // Graphs that once went wrong: groups that waited for each other, and a sum of an operand that a result had already overwritten.
    private static readonly int[] _onceWrong = [479, 855, 1087, 1447, 1612, 1874, 2831, 3473];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Folding_and_fusing_random_graphs_changes_nothing_but_rounding(bool training)
    {
        List<string> problems = [];
        foreach (int seed in Enumerable.Range(0, 300).Concat(_onceWrong))
        {
            if (Record.Exception(() => Compare(seed, training)) is Exception error)
            {
                problems.Add($"seed {seed}: {error.GetType().Name}: {error.Message}");
            }
        }

        Assert.True(problems.Count == 0, $"{problems.Count} graphs fail:\n{string.Join('\n', problems.Take(15))}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_pass_leaves_random_graphs_consistent(bool training)
    {
        foreach (int seed in Enumerable.Range(0, 300).Concat(_onceWrong))
        {
            using RandomGraphs made = new(seed, training);
            CheckPasses(made.Graph, $"seed {seed}");
        }
    }

    [Fact]
    public void Every_pass_leaves_the_graphs_of_all_operations_consistent()
    {
        foreach (OperationCase operation in OperationCases.All)
        {
            CheckPasses(operation.Graph(gradients: true), operation.Name);
        }
    }

    [Fact]
    public void The_pipeline_runs_its_passes_in_order_and_stops_where_it_is_told()
    {
        using RandomGraphs made = new(5, training: false);
        ComputeGraph graph = made.Graph;
        foreach (string pass in Pipeline.Names(training: false))
        {
            graph = Pipeline.Passes(training: false).Single(candidate => candidate.Name == pass).Run(graph, new CostModel());
            Assert.Equal(graph.ToText(), Pipeline.Run(made.Graph, new CostModel(), pass).ToText());
        }

        Assert.Equal(graph.ToText(), Pipeline.Run(made.Graph, new CostModel()).ToText());
        Assert.Contains(
            "fold-affine-into-linear, fold-depthwise-residual, fuse-epilogues, fuse-pointwise",
            Assert.Throws<ArgumentException>(() => Pipeline.Run(made.Graph, new CostModel(), "recompute-for-backward")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Marks_stay_on_values_that_stay()
    {
        ComputeGraph graph = new();
        Value x = graph.Input("x", [2, 5]);
        Value between = x.Exp().Mark("between");
        between.Softmax().Mark("soft");
        graph.Output("y", between.Tanh().Mark("last"));
        ComputeGraph planned = Pipeline.Run(graph, new CostModel());
        Assert.Equal(["last"], planned.Marks.Keys);
        Assert.Same(planned.Outputs["y"], planned.Marks["last"]);
    }

    [Fact]
    public void Every_operation_also_runs_once_on_weights_alone()
    {
        IEnumerable<OperationCase> operations = OperationCases.All
            .Where(operation => !operation.Name.StartsWith("drop", StringComparison.Ordinal));
        foreach (OperationCase operation in operations)
        {
            ComputeGraph given = operation.Graph(gradients: true);
            Dictionary<string, float[]> inputs = operation.Inputs(given);
            Variable[] operands = [.. operation.Shapes.Select((shape, i) => new Variable($"{i}", shape, trainable: true))];
            Variable? upstream = null;
            ComputeGraph graph = operation.Graph(operands, shape => upstream = new Variable("dy", shape, trainable: true));
            using VariableBlock block = new([.. operands, upstream!]);
            foreach (Variable variable in block.Variables)
            {
                inputs[variable.Name].CopyTo(variable.Data);
            }

            using Plan plan = Plan.Compile(graph, GraphRun.Single);
            Assert.Empty(plan.Builder().Calls);
            GraphRun.Near(GraphRun.Outputs(given, inputs), GraphRun.Outputs(plan, inputs), operation.Name);
        }
    }

    [Fact]
    public void A_convolution_with_normalisation_activation_and_residual_is_one_step_at_inference()
    {
        Variable[] variables =
        [
            new("weights", [6, 3, 3, 6], true), new("bias", [6], true), new("scale", [6], true), new("shift", [6], true),
            new("mean", [6], false), new("variance", [6], false),
        ];
        using VariableBlock block = GraphRun.Block(variables);
        foreach (ref float value in variables[5].Data)
        {
            value += 1.5f;
        }

        ComputeGraph graph = new();
        Value[] read = [.. variables.Select(graph.Read)];
        Value x = graph.Input("x", [2, 5, 4, 6]);
        Value y = x.Convolution(read[0], new WindowSpec(3, 1, 1)) + read[1];
        Value scale = read[2] * (read[5] + 1e-5f).ReciprocalSqrt();
        graph.Output("y", ((y * scale) + (read[3] - (read[4] * scale))).Relu() + x);

        using Plan plan = Plan.Compile(graph, GraphRun.Single);
        KernelCall only = Assert.Single(plan.Builder().Calls);
        Assert.Equal(
            new Epilogue(Bias: true, Activation: UnaryKind.Relu, ResidualAfter: true),
            Assert.IsType<Convolution>(only.Node!.Operation).Epilogue);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", x.Shape) };
        GraphRun.Near(GraphRun.Outputs(graph, inputs, fused: false), GraphRun.Outputs(plan, inputs), "folded convolution");
    }

    [Theory]
    [InlineData(3, 1, 1, true)]
    [InlineData(3, 2, 2, true)]
    [InlineData(5, 2, 1, true)]
    [InlineData(1, 0, 1, true)]
    [InlineData(3, 1, 1, false)]
    public void A_shortcut_around_a_depthwise_convolution_is_a_part_of_its_weights(int kernel, int padding, int dilation, bool shortcutLast)
    {
        Variable weights = new("weights", [kernel, kernel, 6], trainable: true);
        Variable bias = new("bias", [6], trainable: true);
        using VariableBlock block = GraphRun.Block(weights, bias);
        ComputeGraph graph = new();
        Value x = graph.Input("x", [2, 5, 4, 6]);
        Value y = x.DepthwiseConvolution(graph.Read(weights), new WindowSpec(kernel, 1, padding, dilation)) + graph.Read(bias);
        graph.Output("y", (shortcutLast ? y + x : x + y).Gelu());

        using Plan plan = Plan.Compile(graph, GraphRun.Single);
        KernelCall only = Assert.Single(plan.Builder().Calls);
        Assert.Equal(
            new Epilogue(Bias: true, Activation: UnaryKind.Gelu), Assert.IsType<DepthwiseConvolution>(only.Node!.Operation).Epilogue);
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", x.Shape) };
        GraphRun.Near(GraphRun.Outputs(graph, inputs, fused: false), GraphRun.Outputs(plan, inputs), "shortcut");
    }

    [Fact]
    public void A_shortcut_stays_where_something_else_needs_the_convolution_or_it_does_not_fit_the_map()
    {
        Variable weights = new("weights", [3, 3, 6], trainable: true);
        Variable even = new("even", [2, 2, 6], trainable: true);
        using VariableBlock block = GraphRun.Block(weights, even);
        ComputeGraph graph = new();
        Value x = graph.Input("x", [2, 5, 4, 6]);
        Value needed = x.DepthwiseConvolution(graph.Read(weights), new WindowSpec(3, 1, 1));
        Value other = x.Gelu().DepthwiseConvolution(graph.Read(weights), new WindowSpec(3, 1, 1));
        Value moved = x.Slice(1, 0, 4).DepthwiseConvolution(graph.Read(even), new WindowSpec(2, 1, 1));
        graph.Output("needed", needed * (needed + x));
        graph.Output("other", other + x);
        graph.Output("moved", moved + x.Pad(2, 0, 1));
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", x.Shape) };
        GraphRun.Near(GraphRun.Outputs(graph, inputs, fused: false), GraphRun.Outputs(graph, inputs), "shortcuts that stay");
    }

    [Theory]
    [InlineData(new int[] { })]
    [InlineData(new int[] { 1 })]
    [InlineData(new int[] { 4 })]
    [InlineData(new int[] { 1, 1, 1 })]
    [InlineData(new int[] { 1, 1, 4 })]
    [InlineData(new int[] { 3, 1 })]
    [InlineData(new int[] { 3, 4 })]
    public void Weights_of_any_shape_fold_into_a_product_or_stay_beside_it(int[] shape)
    {
        Variable weights = new("weights", [4, 5], trainable: true);
        Variable other = new("other", Shape.Create(shape), trainable: true);
        using VariableBlock block = GraphRun.Block(weights, other);
        ComputeGraph graph = new();
        Value y = graph.Input("x", [3, 5]).MatMul(graph.Read(weights), transposeRight: true);
        graph.Output("y", (((y * graph.Read(other)) + graph.Read(other)) - graph.Read(other)).Sum(0));
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", [3, 5]) };
        GraphRun.Near(GraphRun.Outputs(graph, inputs, fused: false), GraphRun.Outputs(graph, inputs), "folded");
    }

    [Fact]
    public void A_chain_of_elementwise_operations_is_one_step()
    {
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("x", [2, 5, 4, 6]);
        Value gate = graph.Input("gate", [2, 1, 1, 6]);
        graph.Output("y", (((x * gate).Gelu() + x) * 3).Tanh() - gate.BroadcastTo(x.Shape).Exp());
        using Plan plan = Plan.Compile(graph, GraphRun.Single);
        Assert.IsType<PointwiseChain>(Assert.Single(plan.Builder().Calls).Node!.Operation);
    }

    [Fact]
    public void What_depends_on_weights_alone_is_computed_once_and_again_on_refresh()
    {
        Variable table = new("table", [7, 5], trainable: true);
        using VariableBlock block = GraphRun.Block(table);
        ComputeGraph graph = new();
        Value x = graph.Input("x", [3, 5]);
        graph.Output("y", x.MatMul(graph.Read(table).Softmax().Tanh(), transposeRight: true));
        graph.Output("prepared", graph.Read(table).Softmax());
        Dictionary<string, float[]> inputs = new() { ["x"] = GraphRun.Values("x", x.Shape) };

        using Plan plan = Plan.Compile(graph, GraphRun.Single);
        Assert.Single(plan.Builder().Calls);
        Dictionary<string, float[]> before = GraphRun.Outputs(plan, inputs);
        table.Data.Reverse();
        GraphRun.Near(before, GraphRun.Outputs(plan, inputs), "without refreshing", tolerance: 0);
        plan.Refresh();
        GraphRun.Near(GraphRun.Outputs(graph, inputs, fused: false), GraphRun.Outputs(plan, inputs), "refreshed");
        Assert.NotEqual(before["prepared"], plan.Output("prepared").ToArray());
    }

    [Fact]
    public void A_training_plan_reads_weights_anew_in_every_run()
    {
        Variable weights = new("weights", [4, 5], trainable: true);
        using VariableBlock block = GraphRun.Block(weights);
        ComputeGraph graph = new(training: true);
        graph.Output("y", graph.Input("x", [3, 5]).MatMul(graph.Read(weights), transposeRight: true));
        using Plan plan = Plan.Compile(graph, GraphRun.Single);
        plan.Input("x").Fill(1);
        weights.Data.Clear();
        plan.Run();
        Assert.All(plan.Output("y").ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Assigned_variables_change_at_the_end_of_a_run()
    {
        Variable count = new("count", [1], trainable: false);
        Variable sum = new("sum", [3], trainable: false);
        using VariableBlock block = new([count, sum]);
        ComputeGraph graph = new(training: true);
        Value before = graph.Read(count);
        graph.Assign(count, before + 1);
        graph.Assign(sum, (graph.Read(sum) * before) + graph.Input("x", [3]));
        graph.Output("before", before * 1);
        using Plan plan = Plan.Compile(graph, GraphRun.Single);
        for (int run = 0; run < 3; run++)
        {
            plan.Input("x").Fill(1);
            plan.Run();
            Assert.Equal(run, plan.Output("before")[0]);
        }

        Assert.Equal(3, count.Data[0]);
        Assert.Equal([5, 5, 5], sum.Data);
    }

    private static void CheckPasses(ComputeGraph graph, string what)
    {
        Assert.Equal([], GraphVerifier.Problems(graph, allowUnneeded: true));
        foreach (Pass pass in Pipeline.Passes(graph.Training))
        {
            graph = pass.Run(graph, new CostModel());
            GraphVerifier.Check(graph, $"{pass.Name} of {what}");
        }

        GraphVerifier.Check(new FusePointwise(new CostModel { MaxPointwiseNodes = 1 }).Run(graph), $"splitting of {what}");
    }

    private static void Compare(int seed, bool training)
    {
        using RandomGraphs made = new(seed, training);
        using GradientBlock fusedGradients = made.Gradients();
        using GradientBlock gradients = made.Gradients();
        using Plan fused = Plan.Compile(made.Graph, GraphRun.Single, fusedGradients);
        using Plan unfused = GraphRun.CompileUnfused(made.Graph, GraphRun.Single, gradients);
        Dictionary<string, float[]> expected = GraphRun.Outputs(unfused, made.Inputs);
        Dictionary<string, float[]> actual = GraphRun.Outputs(fused, made.Inputs);
        GraphRun.Near(actual, GraphRun.Outputs(fused, made.Inputs), "second run", tolerance: 0);
        expected.Add("gradient block", gradients.Data.ToArray());
        actual.Add("gradient block", fusedGradients.Data.ToArray());
        GraphRun.Near(expected, actual, "fused");
    }
}
