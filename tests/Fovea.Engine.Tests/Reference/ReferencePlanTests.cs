using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Tests.Compile;
using Fovea.Reference;

namespace Fovea.Engine.Tests.Reference;

/// <summary>The plain definitions of all operations against the CPU's kernels: graphs as they are built, after the passes, and compiled.</summary>
public sealed class ReferencePlanTests
{
    // One operation and its gradient: an element is a sum of at most 67 products, each rounded once and added once, of numbers up to 1 or so.
    private const int RoundingsOfAnOperation = 2 * 67;

    // 22 operations one after another, each a sum of at most 108 terms, whose roundings add up like steps in random directions: the root of 108 for each.
    private const int RoundingsOfAGraph = 22 * 11;

    [Fact]
    public void Every_operation_of_the_engine_has_a_plain_definition()
    {
        IEnumerable<Type> operations = typeof(Operation).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Operation)) && !type.IsAbstract);
        Assert.Empty(operations.Where(type => !Evaluation.Handles(type)).Select(type => type.Name));
    }

    [Fact]
    public void An_operation_without_a_definition_is_named()
    {
        ComputeGraph graph = new();
        graph.Output("y", graph.Apply(new Unknown(), graph.Input("x", [3])));
        Assert.Contains(nameof(Unknown), Assert.Throws<NotSupportedException>(new ReferencePlan(graph).Run).Message, StringComparison.Ordinal);
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
            Dictionary<string, float[]> plain = ReferenceRun.Outputs(graph, inputs);
            Note(problems, operation.Name, () =>
            {
                ReferenceRun.Near(plain, ReferenceRun.Outputs(Plan.Optimize(graph), inputs), "after the passes", RoundingsOfAnOperation);
                ReferenceRun.Near(plain, GraphRun.Outputs(graph, inputs), "compiled", RoundingsOfAnOperation);
            });
        }

        Assert.True(problems.Count == 0, $"{problems.Count} operations differ:\n{string.Join('\n', problems.Take(15))}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_graphs_agree_with_the_plain_definitions(bool training)
    {
        // The backward pass doubles the way.
        int roundings = training ? 2 * RoundingsOfAGraph : RoundingsOfAGraph;
        List<string> problems = [];
        for (int seed = 0; seed < 300; seed++)
        {
            using RandomGraphs made = new(seed, training);
            using Plan plan = Plan.Compile(made.Graph, GraphRun.Single, made.Block);
            Dictionary<string, float[]> plain = ReferenceRun.Outputs(made.Graph, made.Inputs, BlockOf(made));
            Note(problems, $"seed {seed}", () =>
            {
                Dictionary<string, float[]> optimized = ReferenceRun.Outputs(Plan.Optimize(made.Graph), made.Inputs, BlockOf(made));
                ReferenceRun.Near(plain, optimized, "after the passes", roundings);
                Dictionary<string, float[]> compiled = GraphRun.Outputs(plan, made.Inputs);
                if (training)
                {
                    compiled.Add(ReferenceRun.Gradients, plan.Gradients.ToArray());
                }

                ReferenceRun.Near(plain, compiled, "compiled", roundings);
            });
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
        ReferencePlan reference = new(graph);
        plan.Input("x").Fill(1);
        reference.Input("x").Fill(1);
        for (ulong iteration = 0; iteration < 4; iteration++)
        {
            (plan.Seed, plan.Iteration) = (iteration / 2, iteration % 2);
            (reference.Seed, reference.Iteration) = (iteration / 2, iteration % 2);
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
        ReferencePlan plan = new(graph);
        for (int run = 1; run <= 3; run++)
        {
            plan.Input("x").Fill(2);
            plan.Run();
            Assert.Equal(2 * run, count.Data[0]);
            Assert.Equal(2 * (run - 1), before.Data[0]);
        }
    }

    private static VariableBlock? BlockOf(RandomGraphs made) => made.Graph.Training ? made.Block : null;

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
