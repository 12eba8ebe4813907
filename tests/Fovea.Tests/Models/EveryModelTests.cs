using Fovea.Data;
using Fovea.Engine.Compile.Cpu;
using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Models;

/// <summary>What every registered model promises; a new one is held to it without a line here.</summary>
public sealed class EveryModelTests
{
    public static TheoryData<string> Names => [.. ModelRegistry.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_runs_at_its_own_size_and_at_others_or_says_what_it_takes(string name)
    {
        using WorkerPool pool = new(1);
        Network network = ModelRegistry.Create(name);
        using ModuleState state = new(network);
        Assert.Equal(state.Tensors.Values.Where(tensor => tensor.Kind == ParameterKind.Weight).Sum(tensor => tensor.Shape.Elements), state.ParameterCount);
        Fill(state);
        AssertFinite(network, pool, network.Height, network.Width);

        int stride = network.Stages[^1].Stride;
        foreach ((int height, int width) in ((int, int)[])[(2 * stride, 2 * stride), (2 * stride, 3 * stride)])
        {
            if (TakesOneSize(name))
            {
                ShapeException error = Assert.Throws<ShapeException>(() => AssertFinite(network, pool, height, width));
                Assert.Contains($"{network.Height}×{network.Width}", error.Message, StringComparison.Ordinal);
            }
            else
            {
                AssertFinite(network, pool, height, width);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_refuses_a_size_that_does_not_fit_and_names_one_that_does(string name)
    {
        int stride = ModelRegistry.Create(name).Stages[^1].Stride;
        ShapeException error = Assert.Throws<ShapeException>(() => ModelRegistry.Create(name, new ModelOptions(Height: stride - 2, Width: stride - 2)));
        Assert.Contains($"{stride - 2}×{stride - 2}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"multiples of {stride}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_trains_with_finite_gradients_and_survives_a_checkpoint(string name)
    {
        using WorkerPool pool = new(1);
        ModelOptions options = Small(name);
        Network network = ModelRegistry.Create(name, options);
        using ModuleState state = new(network);
        state.Initialize(3);
        using (Plan training = ModelPlans.Training(network, state, pool, 2, network.Height, network.Width))
        {
            training.Run();
            Assert.True(float.IsFinite(training.Output("loss")[0]));
            Assert.True(AllFinite(training.Gradients), $"a gradient is not finite: {training.FindNonFinite()}");
            foreach (Variable variable in state.Weights.Variables)
            {
                ReadOnlySpan<float> gradient = training.Gradients.Slice((int)state.Weights.OffsetOf(variable), (int)variable.Shape.Elements);
                Assert.True(gradient.IndexOfAnyExcept(0f) >= 0, $"the gradient of {variable.Name} is zero throughout");
            }
        }

        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        Checkpoint.Save(path, new CheckpointInfo(name, options, [.. Enumerable.Range(0, 10).Select(i => $"class {i}")], new Preprocessing()), state);
        (_, Network loadedNetwork, ModuleState loaded) = Checkpoint.Open(path);
        using (loaded)
        {
            Assert.Equal(state.Tensors.Keys, loaded.Tensors.Keys);
            Assert.Equal(Logits(network, pool), Logits(loadedNetwork, pool));
        }
    }

    /// <summary>The article's networks have position tables that are not carried to other sizes (docs/models/cmt.md).</summary>
    private static bool TakesOneSize(string name) => name.EndsWith("_article", StringComparison.Ordinal);

    /// <summary>Two samples of the smallest size with more than one position; no block is dropped, as its gradients would be zero.</summary>
    private static ModelOptions Small(string name)
    {
        int side = 2 * ModelRegistry.Create(name).Stages[^1].Stride;
        return new ModelOptions(Classes: 10, Height: side, Width: side, DropPath: 0);
    }

    /// <summary>Cheaper than fresh random weights, which the biggest models take seconds for.</summary>
    private static void Fill(ModuleState state)
    {
        foreach (Parameter tensor in state.Tensors.Values)
        {
            Span<float> values = tensor.Variable.Data;
            float size = 1 / MathF.Sqrt(values.Length / (tensor.Shape.Rank == 0 ? 1 : tensor.Shape[0]));
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = tensor.Kind == ParameterKind.Weight ? size * ((i * 7 % 13) - 6) / 6 : 1;
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
