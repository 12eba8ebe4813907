using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Reference;

namespace Fovea.Tests.Reference;

/// <summary>
/// Whole training steps of small networks, with dropout and running statistics, by the plain definitions of their operations.
/// </summary>
public sealed class ReferenceTrainingTests
{
    private const int Batch = 2;

    [Theory]
    [InlineData("cmt_nano", 32)]
    [InlineData("pit_ti", 64)]
    public void A_training_step_of_a_model_gives_what_its_operations_define(string name, int side) => Compare(
        ModelRegistry.Create(name, new ModelOptions(Classes: 5, Height: side, Width: side, DropPath: 0.2f, Dropout: 0.2f)));

    [Fact]
    public void A_training_step_of_a_short_bottleneck_transformer_gives_what_its_operations_define()
    {
        ResNetConfig config = BotNet.Variants["botnet_s1_50"] with { Depths = [1, 1, 1, 1], Height = 64, Width = 64, Classes = 5 };
        Compare(new Network(new ResNet(config)));
    }

    private static void Compare(Network network)
    {
        using ParameterStore state = new(network);
        ComputeGraph graph = new(training: true);
        Value images = graph.Input("images", [Batch, network.Height, network.Width, 3]);
        Value labels = graph.Input("labels", [Batch], ElementType.Int32);
        Value loss = network.Forward(images).CrossEntropy(labels, smoothing: 0.1f).Mean(0);
        graph.Output("loss", loss);
        using GradientBlock gradients = new(state.Weights.Variables);
        Gradients.Write(loss, gradients.Variables);
        SmallRun.Fill(state);
        float[] before = state.Statistics.Data.ToArray();
        float[] pixels = SmallRun.Pixels(images.Shape);
        Step plain = Run(new ReferenceExecutor(), graph, state, gradients, pixels);
        before.CopyTo(state.Statistics.Data);
        using WorkerPool pool = new(1);
        Step compiled = Run(Executor.Default.On(pool), graph, state, gradients, pixels);

        double tolerance = SmallRun.Roundings(graph) * SmallRun.Rounding;
        Assert.InRange(SmallRun.Distance([plain.Loss], [compiled.Loss]), 0, tolerance * plain.Loss);
        Assert.Equal(graph.Assignments.Count > 0, !before.AsSpan().SequenceEqual(plain.Statistics));
        Assert.InRange(SmallRun.Distance(plain.Statistics, compiled.Statistics), 0, tolerance * plain.Statistics.Append(1).Max(Math.Abs));

        // All gradients go through the same sums on their way back, so the largest says how large an error can be.
        double largest = plain.Gradients.Max(Math.Abs);
        foreach (Variable variable in gradients.Variables)
        {
            Range place = (int)gradients.OffsetOf(variable)..(int)(gradients.OffsetOf(variable) + variable.Shape.Elements);
            double distance = SmallRun.Distance(plain.Gradients[place], compiled.Gradients[place]);
            double roundings = distance / largest / SmallRun.Rounding;
            Assert.True(
                distance <= tolerance * largest,
                $"the gradient of {variable.Name} is {roundings:f0} roundings away, {SmallRun.Roundings(graph):f0} are explained");
        }
    }

    private static Step Run(Executor executor, ComputeGraph graph, ParameterStore state, GradientBlock gradients, float[] pixels)
    {
        gradients.Clear();
        using Plan plan = executor.Compile(graph, new PlanOptions { Gradients = gradients });
        (plan.Seed, plan.Iteration) = (5, 2);
        pixels.CopyTo(plan.Input("images"));
        plan.IntegerInput("labels")[1] = 3;
        plan.Run();
        return new Step(plan.Output("loss")[0], gradients.Data.ToArray(), state.Statistics.Data.ToArray());
    }

    /// <summary>What a training step gives.</summary>
    private sealed record Step(float Loss, float[] Gradients, float[] Statistics);
}
