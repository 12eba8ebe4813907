using System.Runtime.CompilerServices;
using Fovea.Engine.Compile;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Tests.Compile;

/// <summary>Each pass on a small graph, before and after, as text: what a pass does can be read, and a change of it is seen.</summary>
public sealed class PassSnapshotTests
{
    [Fact]
    public void Folding_of_a_batch_normalisation_into_a_convolution()
    {
        ComputeGraph graph = new();
        Value x = graph.Input("x", [2, 6, 6, 3]);
        using (graph.Enter("stem"))
        {
            Value y = x.Convolution(Read(graph, "conv.weight", [4, 3, 3, 3]), new WindowSpec(3, 2, 1));
            Value scale = Read(graph, "bn.weight", [4]) * (Read(graph, "bn.variance", [4]) + 1e-5f).ReciprocalSqrt();
            y = ((y - Read(graph, "bn.mean", [4])) * scale) + Read(graph, "bn.bias", [4]);
            graph.Output("y", y.Relu().Mark("stem"));
        }

        Match(graph, "fold-affine-into-linear");
    }

    [Fact]
    public void Folding_of_a_residual_around_a_depthwise_convolution()
    {
        ComputeGraph graph = new();
        Value x = graph.Input("x", [2, 6, 6, 4]);
        using (graph.Enter("lpu"))
        {
            Value y = x.DepthwiseConvolution(Read(graph, "weight", [3, 3, 4]), new WindowSpec(3, 1, 1)) + Read(graph, "bias", [4]);
            graph.Output("y", x + y);
        }

        Match(graph, "fold-depthwise-residual");
    }

    [Fact]
    public void Gathering_of_the_factors_of_channels()
    {
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("x", [2, 3, 3, 4]);
        Value mean = Read(graph, "mean", [4]);
        Value scale = Read(graph, "scale", [4]);
        graph.Output("y", ((x - mean) * scale) + Read(graph, "bias", [4]));
        graph.Output("sum", x.SumTo([4]));
        graph.Output("scaled", (-(x * scale)).SumTo([4]));

        Match(graph, "gather-channel-factors");
    }

    [Fact]
    public void Fusing_of_epilogues()
    {
        ComputeGraph graph = new();
        Value tokens = graph.Input("tokens", [2, 9, 8]);
        using (graph.Enter("mlp"))
        {
            Value hidden = (tokens.MatMul(Read(graph, "fc1.weight", [16, 8]), transposeRight: true) + Read(graph, "fc1.bias", [16])).Gelu();
            Value y = hidden.MatMul(Read(graph, "fc2.weight", [8, 16]), transposeRight: true) + Read(graph, "fc2.bias", [8]);
            graph.Output("y", (y * Read(graph, "gamma", [8])) + tokens);
            graph.Output("hidden", hidden);
        }

        Match(graph, "fuse-epilogues");
    }

    [Fact]
    public void Fusing_of_elementwise_operations()
    {
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("x", [2, 5, 4, 6]);
        Value gate = graph.Input("gate", [2, 1, 1, 6]);
        Value gated = (x * gate.Sigmoid()).Gelu() + (x.Abs().Pow(1.5f) / 3);
        graph.Output("y", (gated > 0).Where(gated, 0));
        graph.Output("sums", gated.Sum(0, 1, 2));
        graph.Output("soft", gated.Softmax());
        Match(graph, "fuse-pointwise");
    }

    [Fact]
    public void Recomputing_for_the_backward_pass()
    {
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("x", [4, 8]);
        Variable[] weights = [.. Enumerable.Range(0, 4).Select(i => new Variable($"layers.{i}.weight", [8, 8], trainable: true))];
        foreach (Variable weight in weights)
        {
            using (graph.Enter(weight.Name[..^7]))
            {
                x = x.MatMul(graph.Read(weight), transposeRight: true).Silu();
            }
        }

        Gradients.Write(x.Reshape([1, 32]).Sum(1), weights);
        ComputeGraph fused = Pipeline.Run(graph, new CostModel(), "fuse-pointwise");
        Match(fused, new RecomputeForBackward(new CostModel { MinRecomputedElements = 1, MinRecomputeDistance = 4 }).Run(fused));
    }

    [Fact]
    public void The_whole_pipeline_on_a_block_with_every_kind_of_node()
    {
        ComputeGraph graph = new(training: true);
        Variable weight = new("weight", [6, 3], trainable: true);
        Variable mean = new("mean", [6], trainable: false);
        Value images = graph.Input("images", [2, 4, 4, 3], ElementType.Float32);
        Value labels = graph.Input("labels", [2], ElementType.Int32);
        Value map = images.MatMul(graph.Read(weight), transposeRight: true);
        (Value average, Value variance) = map.BatchStatistics();
        graph.Assign(mean, (graph.Read(mean) * 0.9f) + (average * 0.1f));
        Value pooled = ((map - average) * (variance + 1e-5f).ReciprocalSqrt()).Relu().Mean(1, 2).Reshape([2, 6]).Mark("pooled");
        Value loss = pooled.Dropout(0.1f).CrossEntropy(labels).Mean(0);
        graph.Output("loss", loss);
        Gradients.Write(loss, [weight]);
        Match(graph, Pipeline.Run(graph, new CostModel()));
    }

    private static Value Read(ComputeGraph graph, string name, Shape shape) =>
        graph.Read(new Variable(graph.Path.Length == 0 ? name : $"{graph.Path}.{name}", shape, trainable: true));

    private static void Match(ComputeGraph graph, string pass, [CallerMemberName] string test = "") =>
        Match(graph, Pipeline.Passes(graph.Training).Single(candidate => candidate.Name == pass).Run(graph, new CostModel()), test);

    private static void Match(ComputeGraph before, ComputeGraph after, [CallerMemberName] string test = "") =>
        Snapshot.Matches($"{before.ToText()}\n→\n\n{after.ToText()}", test);
}
