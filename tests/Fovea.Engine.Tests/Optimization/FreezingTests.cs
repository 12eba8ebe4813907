using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Optimization;

public sealed class FreezingTests
{
    [Fact]
    public void A_frozen_stem_gets_no_backward_pass()
    {
        using TrainedGraph whole = new();
        using TrainedGraph headOnly = new(FreezeStem);
        Assert.Equal(whole.ForwardNodes, headOnly.ForwardNodes);
        Assert.Equal([headOnly.Second, headOnly.Unused], headOnly.Graph.Gradients.Select(gradient => gradient.Variable));

        // Forward: 4·130·140 and 4·140·5. Backward: the weight of the head alone, without the gradient of what comes from the stem.
        const long forward = (4 * 130 * 140) + (4 * 140 * 5);
        Assert.Equal(forward + (4 * 140 * 5), Planned(headOnly).Nodes.Sum(node => node.MultiplyAdds));
        Assert.Equal(forward + (4 * 130 * 140) + (2 * 4 * 140 * 5), Planned(whole).Nodes.Sum(node => node.MultiplyAdds));
        Assert.True(Planned(headOnly).Nodes.Count < Planned(whole).Nodes.Count);
    }

    [Fact]
    public void A_frozen_variable_gets_neither_gradient_nor_state_nor_a_step()
    {
        using TrainedGraph made = new(FreezeStem);
        using GradientBlock gradients = new(made.Block.Variables);
        using Plan plan = Plan.Compile(made.Graph, GraphRun.Single, gradients);
        using AdamW optimizer = new(gradients, weightDecay: 0.1, pool: GraphRun.Single);
        float[] stem = made.First.Data.ToArray();
        float[] head = made.Second.Data.ToArray();
        TrainedGraph.Batch(0).CopyTo(plan.Input("x"));
        plan.Run();
        optimizer.Step(1e-2);
        Assert.Equal(stem, made.First.Data);
        Assert.NotEqual(head, made.Second.Data.ToArray());
        Assert.All(optimizer.State, state => Assert.Equal(gradients.Length, state.Length));
        Assert.Equal(704 + 16, gradients.Length);
    }

    [Fact]
    public void What_is_trained_gets_the_gradient_that_it_gets_in_the_whole()
    {
        using TrainedGraph whole = new();
        using TrainedGraph headOnly = new(FreezeStem);
        Assert.Equal(GradientOf(whole, whole.Second), GradientOf(headOnly, headOnly.Second));
    }

    [Fact]
    public void A_gradient_is_written_once()
    {
        using TrainedGraph made = new();
        Assert.Contains(
            "first.weight",
            Assert.Throws<ArgumentException>(() => Gradients.Write(made.Graph.Outputs["loss"], made.Block.Variables)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_released_variable_needs_a_block_of_its_time()
    {
        using TrainedGraph made = new(FreezeStem);
        using GradientBlock early = new(made.Block.Variables);
        made.First.Trainable = true;
        ComputeGraph graph = new(training: true);
        Gradients.Write(graph.Input("x", [4, 130]).MatMul(graph.Read(made.First)).Sum(0, 1).Reshape(Shape.Scalar), made.Block.Variables);
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => Plan.Compile(graph, GraphRun.Single, early));
        Assert.Contains("first.weight", refusal.Message, StringComparison.Ordinal);
    }

    private static void FreezeStem(TrainedGraph graph) => graph.First.Trainable = graph.Bias.Trainable = false;

    private static ComputeGraph Planned(TrainedGraph made) => Pipeline.Run(made.Graph, new CostModel());

    private static float[] GradientOf(TrainedGraph made, Variable variable)
    {
        using GradientBlock gradients = new(made.Block.Variables);
        using Plan plan = Plan.Compile(made.Graph, GraphRun.Single, gradients);
        TrainedGraph.Batch(0).CopyTo(plan.Input("x"));
        plan.Run();
        return gradients.Of(variable).ToArray();
    }
}
