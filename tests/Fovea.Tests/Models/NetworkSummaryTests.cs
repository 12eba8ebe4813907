using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Models;

public sealed class NetworkSummaryTests
{
    [Fact]
    public void Estimated_memory_is_what_a_compiled_plan_holds()
    {
        foreach (bool training in new[] { false, true })
        {
            foreach (int threads in new[] { 1, 3 })
            {
                Network network = ModelRegistry.Create("cmt_nano");
                using ParameterStore state = new(network);
                ComputeGraph graph = new(training);
                Value logits = network.Forward(graph.Input("input", [2, 32, 32, 3]));
                graph.Output("logits", logits);
                if (training)
                {
                    Gradients.Write(logits.CrossEntropy(graph.Input("labels", [2], ElementType.Int32)).Mean(0), state.Weights.Variables);
                }

                using GradientBlock gradients = new(state.Trained);
                MemoryFigures estimate = Plan.Estimate(graph, threads, gradients);
                using WorkerPool pool = new(threads);
                using Plan plan = Plan.Compile(graph, pool, gradients);
                Assert.Equal(plan.Memory, estimate);
                Assert.True(estimate.Arena > 0 && estimate.Scratch > 0);
            }
        }
    }

    [Fact]
    public void Training_bytes_are_what_a_training_step_holds()
    {
        Network network = ModelRegistry.Create("cmt_nano");
        long estimate = TrainingEstimate.Bytes(network, batch: 3, threads: 2);
        using Model model = Model.From(network);
        using WorkerPool pool = new(2);
        using TrainingStep step = new(model, new ClassificationObjective(), new TrainingOptions { BatchSize = 3 }, pool);
        Assert.Equal(model.Parameters.Weights.Bytes + model.Parameters.Statistics.Bytes + step.Bytes, estimate);
    }

    [Fact]
    public void A_plan_larger_than_any_machine_is_estimated_all_the_same()
    {
        Network network = ModelRegistry.Create("cmt_ti");
        Assert.True(TrainingEstimate.Bytes(network, batch: 8000) > 100L << 30);
        Assert.Equal(638_904_600, new NetworkSummary(network, batch: 8000).MultiplyAdds);
    }

    [Fact]
    public void Parts_are_told_by_module_path_in_planned_and_in_differentiated_graphs()
    {
        Network network = ModelRegistry.Create("cmt_nano");
        using ParameterStore state = new(network);
        ComputeGraph graph = new();
        Value logits = network.Forward(graph.Input("input", [1, 32, 32, 3]));
        graph.Output("logits", logits);
        NetworkParts parts = new(network, graph);
        Assert.Equal(["stem", "stage1", "stage2", "stage3", "head"], parts.Names);
        Assert.Equal("stem", parts.PartOf("stem_conv2"));
        Assert.Equal("stage1", parts.PartOf("patch_embed_a.proj"));
        Assert.Equal("stage2", parts.PartOf("blocks_b.0.attn.q"));
        Assert.Equal("stage3", parts.PartOf("blocks_c.1.mlp.proj"));
        Assert.Equal("head", parts.PartOf("_fc"));
        Assert.Null(parts.PartOf(""));
        Assert.Null(parts.PartOf("blocks_z.0"));
        Assert.All(
            Pipeline.Run(graph, new CostModel()).Nodes.Where(node => node.MultiplyAdds > 0),
            node => Assert.NotNull(parts.PartOf(node.Path)));
    }
}
