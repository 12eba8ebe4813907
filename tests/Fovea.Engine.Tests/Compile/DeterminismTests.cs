using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Tests.Compile;

public sealed class DeterminismTests
{
    [Fact]
    public void Every_operation_gives_the_same_bits_on_any_number_of_threads()
    {
        using WorkerPool two = new(2);
        using WorkerPool three = new(3);
        foreach (OperationCase operation in OperationCases.All)
        {
            ComputeGraph graph = operation.Graph(gradients: true);
            Dictionary<string, float[]> inputs = operation.Inputs(graph);
            Dictionary<string, float[]> expected = GraphRun.Outputs(graph, inputs);
            GraphRun.Near(expected, GraphRun.Outputs(graph, inputs, pool: two), $"{operation}, two threads", tolerance: 0);
            GraphRun.Near(expected, GraphRun.Outputs(graph, inputs, pool: three), $"{operation}, three threads", tolerance: 0);
        }
    }

    [Fact]
    public void Random_graphs_give_the_same_bits_on_any_number_of_threads()
    {
        using WorkerPool three = new(3);
        for (int seed = 0; seed < 20; seed++)
        {
            using RandomGraphs made = new(seed, training: true);
            using GradientBlock gradients = made.Gradients();
            using GradientBlock manyGradients = made.Gradients();
            using Plan single = Plan.Compile(made.Graph, GraphRun.Single, gradients);
            using Plan many = Plan.Compile(made.Graph, three, manyGradients);
            GraphRun.Near(GraphRun.Outputs(single, made.Inputs), GraphRun.Outputs(many, made.Inputs), $"seed {seed}", tolerance: 0);
            Assert.Equal(gradients.Data, manyGradients.Data);
        }
    }
}
