using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Models;

public sealed class FreezingTests
{
    [Fact]
    public void Weights_are_chosen_by_key_and_statistics_are_never_trained()
    {
        using ParameterStore state = new(ModelRegistry.Create("cmt_nano"));
        int all = state.Trained.Count;
        Assert.Equal(state.Weights.Variables, state.Trained);
        Assert.Equal(all - 2, state.Freeze(key => !IsHead(key)));
        Assert.Equal(["head.weight", "head.bias"], state.Trained.Select(variable => variable.Name));
        Assert.Equal(0, state.Freeze(key => key.EndsWith("running_mean", StringComparison.Ordinal)));
        Assert.Equal(all, state.Unfreeze());
        Assert.Equal(all, state.Trained.Count);
        Assert.All(state.Statistics.Variables, variable => Assert.False(variable.Trainable));
    }

    [Fact]
    public void A_frozen_backbone_keeps_its_bits_and_its_statistics_while_the_head_learns()
    {
        Network network = ModelRegistry.Create("cmt_nano");
        using ParameterStore state = ModelPlans.Fresh(network);
        state.Freeze(key => !IsHead(key));
        Dictionary<string, float[]> before =
            state.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Variable.Data.ToArray());
        using WorkerPool pool = new(1);
        using GradientBlock gradients = new(state.Trained);
        using Plan plan = ModelPlans.Training(network, gradients, pool, 2, 32, 32);
        using AdamW optimizer = new(gradients, 0.05, WeightDecay.Groups, pool);
        List<float> losses = [];
        for (int step = 0; step < 5; step++)
        {
            plan.Run();
            losses.Add(plan.Output("loss")[0]);
            optimizer.Step(1e-2);
        }

        Assert.True(losses[^1] < losses[0], string.Join(' ', losses));
        Assert.Empty(plan.Graph.Assignments);
        foreach ((string key, float[] values) in before)
        {
            Assert.True(IsHead(key) != values.AsSpan().SequenceEqual(state.Tensors[key].Variable.Data), key);
        }
    }

    [Fact]
    public void The_backward_pass_of_a_frozen_backbone_is_that_of_its_head()
    {
        (long forward, long whole) = MultiplyAdds(_ => false);
        (long sameForward, long head) = MultiplyAdds(key => !IsHead(key));
        Assert.Equal(forward, sameForward);

        // For two images: the gradient of the weight, and no other.
        Network network = ModelRegistry.Create("cmt_nano");
        using ParameterStore state = new(network);
        Assert.Equal(2 * state.Tensors["head.weight"].Shape.Elements, head - forward);
        Assert.True(whole > 2 * forward, $"{whole} of {forward}");
    }

    [Fact]
    public void A_batch_normalisation_with_a_frozen_weight_is_its_inference_form()
    {
        BatchNorm2d layer = new(4);
        using ParameterStore state = new(layer);
        state.Initialize(1);
        state.Tensors["running_mean"].Variable.Data.Fill(3);
        state.Tensors["running_var"].Variable.Data.Fill(4);
        state.Freeze(key => key == "weight");
        ComputeGraph graph = new(training: true);
        graph.Output("y", layer.Forward(graph.Input("x", [2, 3, 3, 4])));
        using Plan plan = Plan.Compile(graph);
        plan.Input("x").Fill(5);
        plan.Run();
        Assert.Empty(graph.Assignments);
        Assert.All(plan.Output("y").ToArray(), value => Assert.Equal(1, value, 1e-5f));
        Assert.Equal(0, state.Tensors["num_batches_tracked"].Variable.Data[0]);
    }

    /// <summary>Planned multiply-adds of a training step for two images: of the nodes before the first gradient, and of all.</summary>
    private static (long Forward, long All) MultiplyAdds(Func<string, bool> frozen)
    {
        Network network = ModelRegistry.Create("cmt_nano");
        using ParameterStore state = new(network);
        state.Freeze(frozen);
        ComputeGraph forward = new(training: true);
        forward.Output("logits", network.Forward(forward.Input("images", [2, 32, 32, 3])));
        ComputeGraph all = ClassificationGraph.Training(network, state, 2, 32, 32);
        return (Sum(Pipeline.Run(forward, new CostModel())), Sum(Pipeline.Run(all, new CostModel())));
    }

    private static long Sum(ComputeGraph graph) => graph.Nodes.Sum(node => node.MultiplyAdds);

    private static bool IsHead(string key) => key.StartsWith("head.", StringComparison.Ordinal);
}
