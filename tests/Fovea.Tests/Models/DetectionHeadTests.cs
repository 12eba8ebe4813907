using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Models;

public sealed class DetectionHeadTests
{
    private static readonly Shape[] _levels = [[2, 5, 4, 6], [2, 3, 2, 6]];

    [Fact]
    public void A_head_that_is_shared_by_levels_gets_the_sum_of_their_gradients()
    {
        RpnHead head = new(channels: 6, anchors: 3);
        using ParameterStore state = new(head);
        state.Initialize(1);
        float[] together = Gradients(head, state, [0, 1]);
        float[] first = Gradients(head, state, [0]);
        float[] second = Gradients(head, state, [1]);
        Assert.Contains(first.Zip(second), pair => pair.First != 0 && pair.Second != 0);
        for (int i = 0; i < together.Length; i++)
        {
            Assert.Equal(first[i] + second[i], together[i], 1e-5f);
        }
    }

    [Fact]
    public void Rows_of_a_head_go_by_level_row_column_and_anchor()
    {
        ComputeGraph graph = new();
        Value[] maps = [.. _levels.Select((shape, i) => graph.Input($"{i}", shape))];
        graph.Output("rows", AnchorRows.Join(maps, numbers: 2));
        using Plan plan = Plan.Compile(graph);
        int next = 0;
        for (int i = 0; i < maps.Length; i++)
        {
            foreach (ref float value in plan.Input($"{i}"))
            {
                value = next++;
            }
        }

        plan.Run();
        Assert.Equal([2, 60 + 18, 2], graph.Outputs["rows"].Shape);
        float[] secondImage = plan.Output("rows")[(78 * 2)..].ToArray();
        Assert.Equal(Enumerable.Range(120, 120).Concat(Enumerable.Range(240 + 36, 36)).Select(i => (float)i), secondImage);
    }

    [Fact]
    public void A_fresh_retinanet_takes_one_anchor_in_a_hundred_for_an_object()
    {
        RetinaNetHead head = new(channels: 6, anchors: 2, classes: 3, convolutions: 1);
        using ParameterStore state = new(head);
        state.Initialize(1);
        foreach (float bias in state.Tensors["classification_head.cls_logits.bias"].Variable.Data)
        {
            Assert.Equal(0.01, 1 / (1 + Math.Exp(-bias)), 1e-6);
        }
    }

    [Fact]
    public void Masks_are_the_same_whether_pixels_are_placed_before_or_after_the_logits()
    {
        MaskHead head = new(channels: 5, widths: [4], enlarged: 6, classes: 3);
        using ParameterStore state = new(head);
        state.Initialize(1);
        ComputeGraph graph = new();
        Value regions = graph.Input("regions", [2, 3, 4, 5]);
        graph.Output("logits", head.Forward(regions));
        Module[] parts = [.. head.Children.Select(child => child.Module)];
        graph.Output("placed", parts[2].Forward(parts[1].Forward(parts[0].Forward(regions)).Relu()));
        using Plan plan = Plan.Compile(graph);
        Random random = new(2);
        foreach (ref float value in plan.Input("regions"))
        {
            value = random.NextSingle() - 0.5f;
        }

        plan.Run();
        Assert.Equal([2, 6, 8, 3], graph.Outputs["logits"].Shape);
        float[] placed = plan.Output("placed").ToArray();
        float[] logits = plan.Output("logits").ToArray();
        Assert.Contains(logits, value => value != 0);
        Assert.All(placed.Zip(logits), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    private static float[] Gradients(RpnHead head, ParameterStore state, int[] levels)
    {
        ComputeGraph graph = new(training: true);
        (Value logits, Value deltas) = head.Forward([.. levels.Select(i => graph.Input($"{i}", _levels[i]))]);
        Value loss = logits.Square().Sum(0, 1, 2) + deltas.Exp().Sum(0, 1, 2);
        IReadOnlyList<Value?> gradients = Engine.Compile.Gradients.Of(loss, [.. state.Weights.Variables.Select(graph.Read)]);
        using GradientBlock block = new(state.Trained);
        for (int i = 0; i < gradients.Count; i++)
        {
            graph.WriteGradient(state.Weights.Variables[i], gradients[i]!);
        }

        using Plan plan = Plan.Compile(graph, gradients: block);
        foreach (int i in levels)
        {
            Random random = new(i);
            foreach (ref float value in plan.Input($"{i}"))
            {
                value = random.NextSingle() - 0.5f;
            }
        }

        plan.Run();
        return block.Data.ToArray();
    }
}
