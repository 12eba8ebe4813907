using Fovea.Engine.Compile.Cpu;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Tests.Compile;
using Fovea.Reference;

namespace Fovea.Engine.Tests.Reference;

/// <summary>The plain definitions against the CPU's kernels: graphs as they are built, after the passes, and compiled.</summary>
public sealed class ReferencePlanTests(Xunit.Abstractions.ITestOutputHelper log)
{
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

    [Fact]
    public void Every_operation_and_its_gradient_agree_with_their_plain_definitions()
    {
        List<(double, string)> worst = [];
        foreach (OperationCase operation in OperationCases.All)
        {
            foreach (bool gradients in (bool[])[false, true])
            {
                ComputeGraph graph = operation.Graph(gradients);
                Dictionary<string, float[]> inputs = operation.Inputs(graph);
                Dictionary<string, float[]> raw = Outputs(graph, inputs);
                Dictionary<string, float[]> optimized = Outputs(Plan.Optimize(graph), inputs);
                Dictionary<string, float[]> compiled = GraphRun.Outputs(graph, inputs);
                worst.Add((Distance(raw, optimized), $"{operation.Name} {gradients} optimized"));
                worst.Add((Distance(raw, compiled), $"{operation.Name} {gradients} compiled"));
            }
        }
        foreach (var x in worst.OrderByDescending(x => x.Item1).Take(25)) log.WriteLine($"{x}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_graphs_agree(bool training)
    {
        List<(double, string)> worst = [];
        for (int seed = 0; seed < 300; seed++)
        {
            using RandomGraphs made = new(seed, training);
            using Plan plan = Plan.Compile(made.Graph, GraphRun.Single, made.Block);
            Dictionary<string, float[]> compiled = GraphRun.Outputs(plan, made.Inputs);
            compiled.Add("block", plan.Gradients.ToArray());
            Dictionary<string, float[]> raw = Outputs(made.Graph, made.Inputs, made.Block);
            Dictionary<string, float[]> optimized = Outputs(Plan.Optimize(made.Graph), made.Inputs, made.Block);
            worst.Add((Distance(raw, optimized), $"{seed} optimized"));
            worst.Add((Distance(raw, compiled), $"{seed} compiled"));
        }
        foreach (var x in worst.OrderByDescending(x => x.Item1).Take(25)) log.WriteLine($"{x}");
    }


    private static double Distance(Dictionary<string, float[]> want, Dictionary<string, float[]> got) => want.Max(pair => pair.Value.Zip(got[pair.Key], (a, b) => Math.Abs(a - b)).DefaultIfEmpty().Max() / (double)(1 + pair.Value.DefaultIfEmpty().Max(Math.Abs))) * (1 << 24);

    private static Dictionary<string, float[]> Outputs(ComputeGraph graph, IReadOnlyDictionary<string, float[]> inputs, VariableBlock? block = null)
    {
        float[] gradients = new float[block?.Length ?? 0];
        ReferencePlan plan = new(graph, block is null ? null : variable => gradients.AsSpan((int)block.OffsetOf(variable), (int)variable.Shape.Elements));
        foreach (string name in graph.Inputs.Keys)
        {
            inputs[name].CopyTo(plan.Input(name));
        }

        plan.Run();
        Dictionary<string, float[]> outputs = graph.Outputs.Keys.ToDictionary(name => name, name => plan.Output(name).ToArray());
        if (block is not null)
        {
            outputs.Add("block", gradients);
        }

        return outputs;
    }

    private sealed record Unknown : Operation
    {
        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0]];
    }
}
