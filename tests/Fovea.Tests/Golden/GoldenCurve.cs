using System.Text.Json;
using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Training;

namespace Fovea.Tests.Golden;

/// <summary>Ten training steps against the losses that the reference printed.</summary>
internal static class GoldenCurve
{
    public static void Check(GoldenCase golden, double slack)
    {
        Module module = GoldenModules.Create(golden);
        using ParameterStore state = new(module);
        GoldenRun.Fill(golden, state);
        int[] shape = golden.InputShape;
        ComputeGraph graph = new(training: true);
        Value logits = module.Forward(graph.Input("input", GoldenRun.ChannelsLastShape(shape)));
        Value loss = ClassificationObjective.Loss(GoldenNetwork.Of(module)!, logits, graph.Input("labels", [shape[0]], ElementType.Int32));
        graph.Output("loss", loss);
        Gradients.Write(loss, state.Weights.Variables);
        using GradientBlock gradients = new(state.Trained);
        using Plan plan = Plan.Compile(graph, gradients: gradients);
        JsonElement settings = golden.Root.GetProperty("optimizer");
        using Optimizer optimizer = Create(settings, gradients);

        double[] expected = GoldenCase.Doubles(golden.Root.GetProperty("losses"));
        double[] otherEngine = GoldenCase.Doubles(golden.Root.GetProperty("losses_float32"));
        double distance = expected.Zip(otherEngine, (a, b) => Math.Abs(a - b)).Max();
        double tolerance = Math.Max(1e-5, slack * distance);
        for (int step = 0; step < expected.Length; step++)
        {
            GoldenFill.ChannelsLast(GoldenFill.Tensor($"input.{step}", shape), shape).CopyTo(plan.Input("input"));
            Span<int> labels = plan.IntegerInput("labels");
            for (int i = 0; i < labels.Length; i++)
            {
                labels[i] = ((37 * i) + 11 + step) % logits.Shape.Last;
            }

            plan.Run();
            double got = plan.Output("loss")[0];
            Assert.True(
                Math.Abs(got - expected[step]) <= tolerance,
                $"loss of step {step} is {got:g9}, expected {expected[step]:g9} ± {tolerance:g2}");
            optimizer.Step(settings.GetProperty("learning_rate").GetDouble());
        }

        foreach ((string name, JsonElement after) in golden.Entries("state_after"))
        {
            CheckState(name, state.Tensors[name], after, settings);
        }
    }

    private static Optimizer Create(JsonElement settings, GradientBlock gradients)
    {
        double decay = settings.GetProperty("weight_decay").GetDouble();
        bool all = settings.GetProperty("decay_applies_to").GetString() == "all parameters";
        IReadOnlyList<ParameterGroup> groups = all ? [] : WeightDecay.Groups;
        if (settings.GetProperty("name").GetString() == "AdamW")
        {
            double[] betas = GoldenCase.Doubles(settings.GetProperty("betas"));
            return new AdamW(gradients, decay, groups, null, betas[0], betas[1], settings.GetProperty("eps").GetDouble());
        }

        double momentum = settings.GetProperty("momentum").GetDouble();
        return new Sgd(gradients, decay, groups, null, momentum, settings.GetProperty("nesterov").GetBoolean());
    }

    /// <summary>
    /// A tensor after ten steps. AdamW moves a weight by up to the learning rate whichever sign a vanishing gradient has, so single values
    /// may be off by a few such steps, while the whole must agree.
    /// </summary>
    private static void CheckState(string name, Parameter tensor, JsonElement expected, JsonElement settings)
    {
        float[] got = new float[tensor.Shape.Elements];
        tensor.Layout.ToCheckpoint(tensor.Shape, tensor.Variable.Data, got);
        double rate = settings.GetProperty("learning_rate").GetDouble();
        bool adaptive = settings.GetProperty("name").GetString() == "AdamW";
        double distance = 0;
        double length = 0;
        IEnumerable<(int Index, double Want)> pairs = expected.TryGetProperty("values", out JsonElement values)
            ? values.EnumerateArray().Select((value, i) => (i, value.GetDouble()))
            : expected.GetProperty("samples").EnumerateArray().Select(sample => (sample[0].GetInt32(), sample[1].GetDouble()));
        foreach ((int index, double want) in pairs)
        {
            double difference = got[index] - want;
            Assert.True(
                Math.Abs(difference) <= Math.Max(1e-4 * Math.Max(1, Math.Abs(want)), adaptive ? 4 * rate : 0),
                $"{name}[{index}] is {got[index]:g9}, expected {want:g9}");
            distance += difference * difference;
            length += want * want;
        }

        Assert.True(Math.Sqrt(distance / length) <= 1e-3, $"{name} is {Math.Sqrt(distance / length):g3} of its norm away");
    }
}
