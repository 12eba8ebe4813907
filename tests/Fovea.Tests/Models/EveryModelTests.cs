using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fovea.Checkpoints;
using Fovea.Engine;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Models;

/// <summary>What every registered model promises; a new one is held to it without a line here.</summary>
public sealed class EveryModelTests
{
    private const long Large = 100_000_000;

    public static TheoryData<string> Names => [.. BuiltInModels.Names, .. ModelRegistry.Ablations];

    public static TheoryData<string> RunNames => [.. BuiltInModels.NamesToRun, .. ModelRegistry.Ablations];

    [Theory]
    [MemberData(nameof(RunNames))]
    public void It_runs_at_its_own_size_and_at_others_or_says_what_it_takes(string name)
    {
        using WorkerPool pool = new(1);
        Network network = ModelRegistry.Create(name);
        using ParameterStore state = new(network);
        Assert.Equal(
            state.Tensors.Values.Where(tensor => tensor.Kind == ParameterKind.Weight).Sum(tensor => tensor.Shape.Elements),
            state.ParameterCount);
        Fill(state);
        AssertFinite(network, pool, network.Height, network.Width);

        int side = SmallSide(network);
        (int, int)[] sizes = [(side, side + network.Stages[^1].Stride), (side + 1, side + 2), (side, side)];

        // The largest networks take seconds to fold and pack; they differ from smaller ones in numbers only.
        foreach ((int height, int width) in state.ParameterCount > Large ? sizes[..1] : sizes)
        {
            if (network.Sizes.Fits(height, width))
            {
                AssertFinite(network, pool, height, width);
            }
            else
            {
                ShapeException error = Assert.Throws<ShapeException>(() => AssertFinite(network, pool, height, width));
                Assert.Contains($"{height}×{width}", error.Message, StringComparison.Ordinal);
                Assert.Contains(network.Sizes.ToString(), error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_says_what_its_maps_features_and_attentions_are(string name)
    {
        Network network = ModelRegistry.Create(name);
        using ParameterStore state = new(network);
        ComputeGraph graph = new();
        Value logits = network.Forward(graph.Input("images", [1, network.Height, network.Width, 3]));
        Assert.Equal([1, network.Classes], logits.Shape);
        Shape pooled = graph.Marks[Backbone.Pooled].Shape;
        Assert.Equal((1, network.Backbone.Channels), (pooled[0], pooled.Last));
        Assert.Equal(state.Tensors.Keys.TakeLast(network.HeadKeys.Count), network.HeadKeys);
        Assert.NotEmpty(network.Stages);
        foreach (StageDescription stage in network.Stages)
        {
            Shape map = graph.Marks[stage.Name].Shape;
            Assert.Equal(4, map.Rank);
            Assert.Equal(stage.Channels, map.Last);
            Assert.InRange(map[1], network.Height / stage.Stride - 2, (network.Height + stage.Stride - 1) / stage.Stride);
        }

        IReadOnlyList<AttentionDescription> attentions = AttentionDescription.Of(graph);
        Assert.Equal(graph.Nodes.Count(node => node.Operation is Attention), attentions.Count);
        foreach (AttentionDescription attention in attentions)
        {
            int groups = attention.Tokens.Groups?.Count(attention.Tokens.Queries) ?? 1;
            int members = attention.Tokens.Groups is TokenGroups group ? group.Height * group.Width : attention.Tokens.Queries.Count;
            Assert.Equal([groups, members], attention.Query.Shape.Take(2));
            Assert.Equal([groups, attention.Tokens.Groups is null ? attention.Tokens.Keys.Count : members], attention.Key.Shape.Take(2));
            Assert.Equal([groups, attention.Heads, members, attention.Key.Shape[1]], attention.Weights().Shape);
            Assert.NotEmpty(attention.Path);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_says_which_tensors_classes_and_image_size_change(string name)
    {
        Network network = ModelRegistry.Create(name);
        int classes = network.Classes + 1;
        OrderedDictionary<string, Parameter> own = ParameterStore.TensorsOf(network);
        OrderedDictionary<string, Parameter> others = ParameterStore.TensorsOf(ModelRegistry.Create(name, new ModelOptions(classes)));
        OrderedDictionary<string, Parameter> larger =
            ParameterStore.TensorsOf(ModelRegistry.Create(name, new ModelOptions(Height: 2 * network.Height, Width: 2 * network.Width)));
        foreach ((string key, Parameter tensor) in own)
        {
            Assert.Equal(!larger[key].Shape.Equals(tensor.Shape), tensor.OfImageSize);
            Shape expected = tensor.ClassAxis is int axis ? tensor.CheckpointShape.With(axis, classes) : tensor.CheckpointShape;
            Assert.Equal(expected, others[key].CheckpointShape);
        }

        Assert.All(others.Where(tensor => !own.ContainsKey(tensor.Key)), tensor => Assert.True(tensor.Value.OfOneClass));
        Assert.Contains(own.Values, tensor => tensor.ClassAxis is not null || tensor.OfOneClass);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Without_classes_it_gives_its_features_or_says_that_it_cannot(string name)
    {
        if (name.EndsWith("_multi", StringComparison.Ordinal))
        {
            Assert.Throws<ArgumentException>(() => ModelRegistry.Create(name, new ModelOptions(Classes: 0)));
            return;
        }

        Network network = ModelRegistry.Create(name, new ModelOptions(Classes: 0));
        Network whole = ModelRegistry.Create(name);
        using ParameterStore state = ParameterStore.Describe(network);
        Assert.Equal(ParameterStore.TensorsOf(whole).Keys.Except(whole.HeadKeys), state.Tensors.Keys);
        ComputeGraph graph = InferenceGraph.Build(network, 2);
        Assert.Equal([2, network.Backbone.Channels], graph.Outputs[Backbone.Pooled].Shape);
    }

    [Theory]
    [MemberData(nameof(RunNames))]
    public void It_trains_to_the_same_bits_on_any_threads_and_survives_a_checkpoint(string name)
    {
        using WorkerPool pool = new(1);
        ModelOptions options = Small(name);
        Network network = ModelRegistry.Create(name, options);
        using ParameterStore state = new(network);
        Fill(state);
        using GradientBlock gradients = new(state.Trained);
        int batch = state.ParameterCount > Large ? 1 : 2;
        byte[] expected;
        using (Plan training = ModelPlans.Training(network, gradients, pool, batch, network.Height, network.Width))
        {
            training.Run();
            expected = Hash(gradients.Data);
            Assert.True(float.IsFinite(training.Output("loss")[0]));
            Assert.True(AllFinite(gradients.Data), $"a gradient is not finite: {training.FindNonFinite()}");
            foreach (Variable variable in state.Weights.Variables)
            {
                Assert.True(gradients.Of(variable).IndexOfAnyExcept(0f) >= 0, $"the gradient of {variable.Name} is zero throughout");
            }
        }

        using (WorkerPool three = new(3))
        using (Plan training = ModelPlans.Training(network, gradients, three, batch, network.Height, network.Width))
        {
            training.Run();
            Assert.True(expected.SequenceEqual(Hash(gradients.Data)), "gradients differ between one and three threads");
        }

        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        string[] classes = [.. Enumerable.Range(0, 10).Select(i => $"class {i}")];
        Checkpoint.Save(path, new ModelInfo(name, options, classes, PublishedPreprocessing.Of(name, network.Height, network.Width)), state);
        (_, Network loadedNetwork, ParameterStore loaded) = Checkpoint.Open(path);
        using (loaded)
        {
            Assert.Equal(state.Tensors.Keys, loaded.Tensors.Keys);
            Assert.Equal(Logits(network, pool), Logits(loadedNetwork, pool));
        }
    }

    /// <summary>The smallest side with more than one position in the last stage, if the network takes it; its own otherwise.</summary>
    private static int SmallSide(Network network)
    {
        int side = 2 * network.Stages[^1].Stride;
        return network.Sizes.Fits(side, side) ? side : network.Height;
    }

    /// <summary>A small network of the model; no block is dropped, as its gradients would be zero.</summary>
    internal static ModelOptions Small(string name)
    {
        Network network = ModelRegistry.Create(name);
        int side = 2 * network.Stages[^1].Stride;
        return new ModelOptions(Classes: 10, Height: side, Width: side, DropPath: 0);
    }

    /// <summary>
    /// Weights that keep values of a size; cheaper than fresh ones, which the biggest models take long for, and without those that begin at
    /// 0.
    /// </summary>
    internal static void Fill(ParameterStore state)
    {
        foreach ((string name, Parameter tensor) in state.Tensors)
        {
            KeyedRandom random = new(5, KeyedRandom.KeyOf(name));
            bool matrix = tensor.CheckpointShape.Rank >= 2;
            double spread = matrix ? Math.Sqrt(3.0 * tensor.CheckpointShape[0] / tensor.Shape.Elements) : 0.1;
            double middle = tensor.Kind != ParameterKind.Weight || (!matrix && name.EndsWith("weight", StringComparison.Ordinal)) ? 1 : 0;
            foreach (ref float value in tensor.Variable.Data)
            {
                value = (float)(middle + random.NextDouble(-spread, spread));
            }
        }
    }

    private static void AssertFinite(Network network, WorkerPool pool, int height, int width)
    {
        using Plan plan = ModelPlans.Inference(network, pool, 1, height, width);
        plan.Run();
        Assert.Equal(network.Classes, plan.Output("logits").Length);
        Assert.True(AllFinite(plan.Output("logits")), $"a logit is not finite at {height}×{width}: {plan.FindNonFinite()}");
    }

    private static float[] Logits(Network network, WorkerPool pool)
    {
        using Plan plan = ModelPlans.Inference(network, pool, 1, network.Height, network.Width);
        plan.Run();
        return plan.Output("logits").ToArray();
    }

    private static byte[] Hash(ReadOnlySpan<float> values) => SHA256.HashData(MemoryMarshal.AsBytes(values));

    private static bool AllFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }
}
