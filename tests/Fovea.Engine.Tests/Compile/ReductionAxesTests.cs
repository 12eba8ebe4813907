using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Tests.Compile;

public sealed class ReductionAxesTests
{
    [Theory]
    [InlineData(new[] { 0, 1 }, 1)]
    [InlineData(new[] { 1, 0 }, 1)]
    [InlineData(new[] { -3, -2 }, 1)]
    [InlineData(new[] { 0, -1 }, 2)]
    public void Axes_may_stand_in_any_order_and_neighbours_take_one_node(int[] axes, int nodes)
    {
        ComputeGraph graph = new();
        Value x = graph.Input("x", [2, 3, 4]);
        Value mean = x.Mean(axes);
        graph.Output("mean", mean);
        Assert.Equal(nodes, graph.Nodes.Count(node => node.Operation is Reduction));
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        for (int i = 0; i < 24; i++)
        {
            plan.Input("x")[i] = i;
        }

        plan.Run();
        float[] expected = axes.Contains(-1) ? [7.5f, 11.5f, 15.5f] : [10, 11, 12, 13];
        Assert.Equal(expected.Length, mean.Shape.Elements);
        Assert.Equal(expected, plan.Output("mean").ToArray());
    }

    [Fact]
    public void Missing_repeated_and_no_axes_are_refused()
    {
        Value x = new ComputeGraph().Input("x", [2, 3, 4]);
        foreach (int[] axes in (int[][])[[3], [-4], [1, -2], []])
        {
            Assert.Throws<ShapeException>(() => x.Sum(axes));
        }
    }
}
