using System.Reflection;
using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Tests.Compile;

public sealed class GradientTests
{
    private const float StepWidth = 0.05f;
    private const int MaxElements = 40;

    [Fact]
    public void Gradients_of_every_operation_agree_with_finite_differences()
    {
        List<string> problems = [];
        foreach (OperationCase operation in OperationCases.All)
        {
            problems.AddRange(Compare(operation));
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Fact]
    public void Every_operation_has_a_case()
    {
        HashSet<Type> differentiated = [];
        HashSet<Type> present = [];
        HashSet<object> kinds = [];
        foreach (OperationCase operation in OperationCases.All)
        {
            ComputeGraph forward = operation.Graph(gradients: false);
            ComputeGraph both = operation.Graph(gradients: true);
            differentiated.UnionWith(forward.Nodes.Select(node => node.Operation.GetType()));
            present.UnionWith(both.Nodes.Concat(Pipeline.Run(both, new CostModel()).Nodes).Select(node => node.Operation.GetType()));
            kinds.UnionWith(both.Nodes.Select(node => node.Operation switch
            {
                Unary unary => unary.Kind,
                Binary binary => binary.Kind,
                Reduction reduction => reduction.Kind,
                Resize resample => (object)resample.Interpolation,
                _ => "",
            }));
        }

        // Variables stand in the place of inputs in another test.
        present.Add(typeof(ReadVariable));
        IEnumerable<Type> operations = typeof(Operation).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Operation)) && !type.IsAbstract);
        Assert.Empty(operations.Where(type => !(HasGradient(type) ? differentiated : present).Contains(type)).Select(type => type.Name));
        object[] all =
        [
            .. Enum.GetValues<UnaryKind>(),
            .. Enum.GetValues<BinaryKind>(),
            .. Enum.GetValues<ReductionKind>(),
            .. Enum.GetValues<Interpolation>(),
        ];
        Assert.Empty(all.Except(kinds));
    }

    [Fact]
    public void Equal_largest_elements_share_the_gradient()
    {
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("x", [2, 3]);
        graph.Output("dx", Engine.Compile.Gradients.Of(x.Max(1), [x], graph.Input("dy", [2, 1]))[0]!);
        float[] got = GraphRun.Outputs(graph, new Dictionary<string, float[]> { ["x"] = [2, 1, 2, 5, 3, 4], ["dy"] = [6, 7] })["dx"];
        Assert.Equal([3, 0, 3, 7, 0, 0], got);
    }

    [Fact]
    public void What_a_loss_does_not_depend_on_gets_zeros_in_the_gradient_block()
    {
        Variable used = new("used", [3], trainable: true);
        Variable unused = new("unused", [5], trainable: true);
        using VariableBlock block = GraphRun.Block(used, unused);
        ComputeGraph graph = new(training: true);
        Engine.Compile.Gradients.Write((graph.Input("x", [3]) * graph.Read(used)).Sum(0), block.Variables);
        using GradientBlock gradients = new(block.Variables);
        using Plan plan = Plan.Compile(graph, GraphRun.Single, gradients);
        ((float[])[1, 2, 3]).CopyTo(plan.Input("x"));
        gradients.Data.Fill(9);
        plan.Run();
        Assert.Equal([1, 2, 3], gradients.Of(used));
        Assert.Equal(new float[5], gradients.Of(unused));
    }

    private static bool HasGradient(Type type) =>
        type.GetMethod(nameof(Operation.Gradient), BindingFlags.Public | BindingFlags.Instance)!.DeclaringType != typeof(Operation);

    private static IEnumerable<string> Compare(OperationCase operation)
    {
        ComputeGraph graph = operation.Graph(gradients: true);
        Dictionary<string, float[]> inputs = operation.Inputs(graph);
        using Plan backward = Plan.Compile(graph, GraphRun.Single);
        using Plan forward = Plan.Compile(operation.Graph(gradients: false), GraphRun.Single);
        (backward.Seed, backward.Iteration) = (forward.Seed, forward.Iteration) = (3, 11);
        Dictionary<string, float[]> outputs = GraphRun.Outputs(backward, inputs);
        GraphRun.Outputs(forward, inputs);
        for (int i = 0; i < operation.Shapes.Length; i++)
        {
            float[] gradient = outputs[$"d{i}"];
            double tolerance = 5e-4 * (1 + gradient.Max(Math.Abs));
            for (int element = 0; element < gradient.Length; element += 1 + (gradient.Length / MaxElements))
            {
                double expected = Difference(forward, $"{i}", element, inputs);
                if (!(Math.Abs(expected - gradient[element]) <= tolerance))
                {
                    yield return $"{operation}: gradient [{element}] of operand {i} is {gradient[element]:g6}, expected {expected:g6}";
                    break;
                }
            }
        }
    }

    /// <summary>The derivative of Σ output·dy by one element: central differences of fourth order.</summary>
    private static double Difference(Plan forward, string name, int element, Dictionary<string, float[]> inputs)
    {
        double sum = 0;
        float middle = inputs[name][element];
        foreach ((int steps, int weight) in ((int, int)[])[(-2, 1), (-1, -8), (1, 8), (2, -1)])
        {
            forward.Input(name)[element] = middle + (steps * StepWidth);
            forward.Run();
            ReadOnlySpan<float> output = forward.Output("y");
            for (int i = 0; i < output.Length; i++)
            {
                sum += weight * (double)output[i] * inputs["dy"][i];
            }
        }

        forward.Input(name)[element] = middle;
        return sum / (12 * StepWidth);
    }
}
