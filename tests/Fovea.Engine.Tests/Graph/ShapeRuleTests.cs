using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Graph;

public sealed class ShapeRuleTests
{
    [Fact]
    public void Every_operation_refuses_other_counts_of_operands_than_it_takes()
    {
        List<string> problems = [];
        foreach (Node node in OneNodeOfEachOperation())
        {
            TensorType[] inputs = [.. node.Inputs.Select(input => input.Type)];
            TensorType[] more = [.. inputs, new TensorType([2, 3])];
            Refuse(node.Operation, more, $"{inputs.Length + 1} operands instead of {inputs.Length}", problems);
            if (inputs.Length > 0)
            {
                // Any number of values joins, but for none at all.
                TensorType[] fewer = node.Operation is Concat ? [] : inputs[..^1];
                Refuse(node.Operation, fewer, $"{fewer.Length} operands instead of {inputs.Length}", problems);
                Refuse(node.Operation, [], "no operands", problems);
            }
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Fact]
    public void Every_operation_refuses_operands_of_other_element_types_than_it_takes()
    {
        List<string> problems = [];
        foreach (Node node in OneNodeOfEachOperation())
        {
            for (int i = 0; i < node.Inputs.Length; i++)
            {
                ElementType own = node.Inputs[i].Type.ElementType;
                foreach (ElementType other in Enum.GetValues<ElementType>().Where(type => type != own))
                {
                    TensorType[] inputs = [.. node.Inputs.Select(input => input.Type)];
                    inputs[i] = inputs[i] with { ElementType = other };
                    if (MovesAny(node.Operation, other))
                    {
                        Assert.Equal(other, node.Operation.Infer(inputs)[0].ElementType);
                    }
                    else
                    {
                        Refuse(node.Operation, inputs, $"{other} instead of {own} as operand {i}", problems);
                    }
                }
            }
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Fact]
    public void Arithmetic_on_integers_names_the_operation_its_place_what_it_got_and_what_it_takes()
    {
        ComputeGraph graph = new();
        Value labels = graph.Input("labels", [5], ElementType.Int32);
        using (graph.Enter("head"))
        {
            ShapeException error = Assert.Throws<ShapeException>(() => labels * 2f);
            Assert.Equal("head (Multiply): operand 0 of shape [5] holds Int32, expected Float32", error.Message);
        }

        ShapeException outside = Assert.Throws<ShapeException>(() => labels.Exp());
        Assert.Equal("Exp: operand 0 of shape [5] holds Int32, expected Float32", outside.Message);
    }

    [Fact]
    public void Values_of_another_graph_and_of_another_type_are_refused_wherever_a_graph_takes_one()
    {
        Variable weight = new("weight", [5], trainable: true);
        ComputeGraph graph = new(training: true);
        Value labels = graph.Input("labels", [5], ElementType.Int32);
        Value foreign = new ComputeGraph().Filled([5], 1);
        foreach (Action take in (Action[])[
            () => graph.Output("y", foreign), () => graph.Mark("y", foreign), () => graph.Assign(weight, foreign),
            () => graph.WriteGradient(weight, foreign), () => graph.Apply(new Softmax(), foreign)])
        {
            Assert.Contains("belongs to another graph", Assert.Throws<ArgumentException>(take).Message, StringComparison.Ordinal);
        }

        foreach (Value unfit in (Value[])[labels, graph.Filled([6], 1)])
        {
            foreach (Action write in (Action[])[() => graph.Assign(weight, unfit), () => graph.WriteGradient(weight, unfit)])
            {
                Assert.Contains("weight holds Float32 [5]", Assert.Throws<ShapeException>(write).Message, StringComparison.Ordinal);
            }
        }

        Assert.Empty(graph.Outputs);
        Assert.Empty(graph.Marks);
        Assert.Empty(graph.Assignments);
        Assert.Empty(graph.Gradients);
    }

    [Fact]
    public void Layouts_of_integers_move_their_bits()
    {
        ComputeGraph graph = new();
        Value x = graph.Input("x", [2, 3], ElementType.Int32);
        Value moved = new[] { x.Permute(1, 0).Slice(0, 1, 2), x.Reshape([3, 2]).Pad(0, 1, 0) }.Concat(0);
        graph.Output("y", moved);
        using Plan plan = Plan.Compile(graph, GraphRun.Single);
        int[] values = [1, -2, int.MinValue, 0x7FC00001, 5, -1];
        values.CopyTo(plan.IntegerInput("x"));
        plan.Run();
        int[] got = [.. plan.IntegerOutput("y")];
        Assert.Equal([-2, 5, int.MinValue, -1, 0, 0, 1, -2, int.MinValue, 0x7FC00001, 5, -1], got);
    }

    /// <summary>One node of each operation, and of each number of operands that it has: forward, in gradients, and after fusing.</summary>
    private static Node[] OneNodeOfEachOperation()
    {
        Dictionary<(string, int), Node> nodes = [];
        Variable variable = new("variable", [3], trainable: true);
        ComputeGraph leaves = new();
        leaves.Read(variable);
        foreach (ComputeGraph graph in OperationCases.All.Select(operation => operation.Graph(gradients: true)).Append(leaves))
        {
            IEnumerable<Node> all = graph.Nodes.Concat(Pipeline.Run(graph, new CostModel()).Nodes);
            foreach (Node node in all.Where(node => node.Operation.GetType().Assembly == typeof(Operation).Assembly))
            {
                nodes.TryAdd((node.Operation.GetType().Name, node.Inputs.Length), node);
            }
        }

        IEnumerable<Type> types = typeof(Operation).Assembly.GetTypes();
        IEnumerable<Type> operations = types.Where(type => type.IsSubclassOf(typeof(Operation)) && !type.IsAbstract);
        Assert.Empty(operations.Select(type => type.Name).Except(nodes.Keys.Select(key => key.Item1)));
        return [.. nodes.Values];
    }

    // What only moves elements takes integers as well as floats; a reshape moves nothing.
    private static bool MovesAny(Operation operation, ElementType type) =>
        operation is Reshape || (operation is Permute or Slice or Chunk or Pad && type == ElementType.Int32);

    private static void Refuse(Operation operation, TensorType[] inputs, string what, List<string> problems)
    {
        Exception? error = Record.Exception(() => operation.Infer(inputs));
        if (error is not ShapeException)
        {
            problems.Add($"{operation.Name} with {what}: {error?.GetType().Name ?? "accepted"}");
        }
    }
}
