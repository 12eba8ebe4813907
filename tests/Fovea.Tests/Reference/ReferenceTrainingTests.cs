using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Reference;
using Fovea.Tests.Models;

namespace Fovea.Tests.Reference;

/// <summary>Whole training steps of small networks, with dropout and running statistics, by the plain definitions of their operations.</summary>
public sealed class ReferenceTrainingTests
{
    private const int Batch = 2;

    [Theory]
    [InlineData("cmt_nano")]
    [InlineData("pit_ti")]
    public void A_training_step_of_a_model_gives_what_its_operations_define(string name) => Compare(
        ModelRegistry.Create(name, EveryModelTests.Small(name) with { Classes = 5, DropPath = 0.2f, Dropout = 0.2f }));

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
        Gradients.Write(loss, state.Weights.Variables);
        SmallRun.Fill(state, graph);
        float[] before = state.Statistics.Data.ToArray();
        Step plain = RunPlain(Plan.Optimize(graph), state, SmallRun.Pixels(images.Shape));
        before.CopyTo(state.Statistics.Data);
        Step compiled = RunCompiled(graph, state, SmallRun.Pixels(images.Shape));

        double tolerance = SmallRun.Roundings(graph) * SmallRun.Rounding;
        Assert.InRange(SmallRun.Distance([plain.Loss], [compiled.Loss]), 0, tolerance * plain.Loss);
        Assert.Equal(graph.Assignments.Count > 0, !before.AsSpan().SequenceEqual(plain.Statistics));
        Assert.InRange(SmallRun.Distance(plain.Statistics, compiled.Statistics), 0, tolerance * plain.Statistics.Append(1).Max(Math.Abs));

        // All gradients go through the same sums on their way back, so the largest says how large an error can be.
        double largest = plain.Gradients.Max(Math.Abs);
        foreach (Variable variable in state.Weights.Variables)
        {
            Range place = (int)state.Weights.OffsetOf(variable)..(int)(state.Weights.OffsetOf(variable) + variable.Shape.Elements);
            double distance = SmallRun.Distance(plain.Gradients[place], compiled.Gradients[place]);
            Assert.True(
                distance <= tolerance * largest,
                $"the gradient of {variable.Name} is {distance / largest / SmallRun.Rounding:f0} roundings away, at most {SmallRun.Roundings(graph):f0} are explained");
        }
    }

    private static Step RunPlain(ComputeGraph graph, ParameterStore state, float[] pixels)
    {
        float[] gradients = new float[state.Weights.Length];
        ReferencePlan plan = new(graph, variable => gradients.AsSpan((int)state.Weights.OffsetOf(variable), (int)variable.Shape.Elements))
        {
            Seed = 5,
            Iteration = 2,
        };
        pixels.CopyTo(plan.Input("images"));
        plan.IntegerInput("labels")[1] = 3;
        plan.Run();
        return new Step(plan.Output("loss")[0], gradients, state.Statistics.Data.ToArray());
    }

    private static Step RunCompiled(ComputeGraph graph, ParameterStore state, float[] pixels)
    {
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool, state.Weights);
        (plan.Seed, plan.Iteration) = (5, 2);
        pixels.CopyTo(plan.Input("images"));
        plan.IntegerInput("labels").Clear();
        plan.IntegerInput("labels")[1] = 3;
        plan.Run();
        return new Step(plan.Output("loss")[0], plan.Gradients.ToArray(), state.Statistics.Data.ToArray());
    }

    /// <summary>What a training step gives.</summary>
    private sealed record Step(float Loss, float[] Gradients, float[] Statistics);
}
