using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Engine.Tests.Compile;
using Fovea.Reference;

namespace Fovea.Engine.Tests.Reference;

/// <summary>
/// The plain definitions of all operations against the CPU's kernels: graphs as they are built, after the passes, and compiled.
/// </summary>
public sealed class ReferenceExecutorTests
{
    // One operation and its gradient: an element is a sum of at most 67 products, each rounded once and added once, of numbers up to 1 or
    // so.
    private const int RoundingsOfAnOperation = 2 * 67;

    // 22 operations one after another, each a sum of at most 108 terms, whose roundings add up like steps in random directions: the root of
    // 108 for each.
    private const int RoundingsOfAGraph = 22 * 11;

    [Fact]
    public void Every_operation_of_the_engine_has_a_plain_definition()
    {
        IEnumerable<Type> operations = typeof(Operation).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Operation)) && !type.IsAbstract);
        Assert.Empty(operations.Where(type => !Evaluation.Handles(type)).Select(type => type.Name));
    }

    [Fact]
    public void An_operation_without_a_definition_is_named()
    {
        ComputeGraph graph = new();
        graph.Output("y", graph.Apply(new Unknown(), graph.Input("x", [3])));
        using Plan plan = ReferenceRun.AsBuilt.Compile(graph);
        Assert.Contains(nameof(Unknown), Assert.Throws<NotSupportedException>(plan.Run).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Operations_agree_with_their_plain_definitions(bool gradients)
    {
        List<string> problems = [];
        foreach (OperationCase operation in OperationCases.All)
        {
            ComputeGraph graph = operation.Graph(gradients);
            Dictionary<string, float[]> inputs = operation.Inputs(graph);
            Note(problems, operation.Name, () => Compare(graph, inputs, null, RoundingsOfAnOperation));
        }

        Assert.True(problems.Count == 0, $"{problems.Count} operations differ:\n{string.Join('\n', problems.Take(15))}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_graphs_agree_with_the_plain_definitions(bool training)
    {
        List<string> problems = [];
        for (int seed = 0; seed < 300; seed++)
        {
            using RandomGraphs made = new(seed, training);
            using GradientBlock? gradients = training ? made.Gradients() : null;

            // The backward pass doubles the way.
            int roundings = training ? 2 * RoundingsOfAGraph : RoundingsOfAGraph;
            Note(problems, $"seed {seed}", () => Compare(made.Graph, made.Inputs, gradients, roundings));
        }

        Assert.True(problems.Count == 0, $"{problems.Count} graphs differ:\n{string.Join('\n', problems.Take(15))}");
    }

    [Fact]
    public void Random_numbers_are_those_of_seed_and_iteration()
    {
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("x", [5, 7, 3]);
        graph.Output("dropout", x.Dropout(0.4f));
        graph.Output("drop path", x.DropPath(0.5f));
        using Plan plan = Plan.Compile(graph, GraphRun.Single);
        using Plan reference = ReferenceRun.AsBuilt.Compile(graph);
        plan.Input("x").Fill(1);
        reference.Input("x").Fill(1);
        for (ulong i = 0; i < 4; i++)
        {
            (plan.Seed, plan.Iteration) = (reference.Seed, reference.Iteration) = (i / 2, i % 2);
            plan.Run();
            reference.Run();
            Assert.Equal(plan.Output("dropout").ToArray(), reference.Output("dropout").ToArray());
            Assert.Equal(plan.Output("drop path").ToArray(), reference.Output("drop path").ToArray());
        }
    }

    [Fact]
    public void Assigned_variables_change_at_the_end_of_a_run()
    {
        Variable count = new("count", [1], trainable: false);
        Variable before = new("before", [1], trainable: false);
        using VariableBlock block = new([count, before]);
        ComputeGraph graph = new(training: true);
        graph.Assign(count, graph.Read(count) + graph.Input("x", [1]));
        graph.Assign(before, graph.Read(count));
        using Plan plan = ReferenceRun.AsBuilt.Compile(graph);
        for (int run = 1; run <= 3; run++)
        {
            plan.Input("x").Fill(2);
            plan.Run();
            Assert.Equal(2 * run, count.Data[0]);
            Assert.Equal(2 * (run - 1), before.Data[0]);
        }
    }

    [Fact]
    public void Gradients_are_written_or_added()
    {
        Variable weight = new("weight", [2], trainable: true);
        using VariableBlock block = GraphRun.Block(weight);
        using GradientBlock gradients = new([weight]);
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("x", [2]);
        Fovea.Engine.Compile.Gradients.Write((graph.Read(weight) * x).Sum(0), [weight]);
        foreach ((bool accumulate, float expected) in ((bool, float)[])[(false, 3), (false, 3), (true, 6), (true, 9)])
        {
            using Plan plan = ReferenceRun.AfterPasses.Compile(graph, new PlanOptions { Gradients = gradients, Accumulate = accumulate });
            plan.Input("x").Fill(3);
            plan.Run();
            Assert.All(gradients.Of(weight).ToArray(), value => Assert.Equal(expected, value));
        }
    }

    [Fact]
    public void What_is_not_finite_is_named_and_a_profile_lists_all_nodes()
    {
        ComputeGraph graph = new();
        graph.Output("y", graph.Input("x", [2]).Log() * 2);
        using Plan plan = ReferenceRun.AsBuilt.Compile(graph);
        plan.Input("x").Fill(1);
        Assert.Null(plan.FindNonFinite());
        plan.Input("x")[1] = 0;
        Assert.Contains(nameof(UnaryKind.Log), plan.FindNonFinite(), StringComparison.Ordinal);
        Assert.Equal(graph.Nodes, plan.Profile().Select(call => call.Node));
        plan.Dispose();
        Assert.Throws<ObjectDisposedException>(plan.Run);
        Assert.Throws<ObjectDisposedException>(() => plan.Output("y").Length);
    }

    private static void Compare(ComputeGraph graph, Dictionary<string, float[]> inputs, GradientBlock? gradients, int roundings)
    {
        Dictionary<string, float[]> plain = ReferenceRun.Outputs(ReferenceRun.AsBuilt, graph, inputs, gradients);
        Dictionary<string, float[]> disturbed = ReferenceRun.Outputs(ReferenceRun.Disturbed, graph, inputs, gradients);
        foreach ((string what, Executor executor) in new[]
        {
            ("after the passes", ReferenceRun.AfterPasses), ("compiled", Executor.Default.On(GraphRun.Single)),
        })
        {
            ReferenceRun.Near(plain, ReferenceRun.Outputs(executor, graph, inputs, gradients), disturbed, what, roundings);
        }
    }

    private static void Note(List<string> problems, string name, Action compare)
    {
        if (Record.Exception(compare) is Exception error)
        {
            problems.Add($"{name}: {error.Message}");
        }
    }

    private sealed record Unknown : Operation
    {
        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0]];
    }
}
