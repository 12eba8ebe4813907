using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Explanations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Explanations;

public sealed class RolloutTests
{
    private const float Sure = 100;

    [Fact]
    public void Attention_is_rolled_out_through_the_shrinking_of_the_grid_and_the_class_token()
    {
        // First every token sees all alike; then the grid is halved, and every token sees the lower right cell alone.
        using Model model = MadeBackbone.Model(4, 4, x =>
        {
            TokenGrid grid = new(4, 4, ClassTokens: 1);
            TokenMap all = TokenMap.FromList(Attend(List(x), grid, seen: null), grid);
            TokenMap few = new(all.Map.AveragePooling(new WindowSpec(3, Stride: 2, Padding: 1)), all.Tokens);
            Value attended = Attend(few.ToList(), few.Grid, seen: 4);
            return attended.Slice(1, 0, 1).ToMap(1, 1);
        });
        using Explainer explainer = new(model);
        Explanation map = Assert.Single(
            explainer.Explain(ExplainerTests.ImageOf(1), new ExplanationOptions { Method = ExplanationMethod.Rollout }));
        Assert.Equal((4, 4), (map.Height, map.Width));

        // Half of the class token is its own, half the cell's, which stands for the 3×3 cells under its window; then half of all of it
        // spreads evenly over 17 tokens.
        float[] values = map.Values.ToArray();
        for (int cell = 0; cell < 16; cell++)
        {
            double inside = cell / 4 > 0 && cell % 4 > 0 ? 0.5 / 9 : 0;
            Assert.Equal((0.5 * inside) + (0.5 / 17), values[cell], 1e-6);
        }

        Assert.Equal(0.25 + (0.5 / 17), map.ClassTokenShare!.Value, 1e-6);

        static Value List(Value x) => x.ToTokens().Prepend(x.Graph.Filled([1, 1, 3], 1));

        static Value Attend(Value list, TokenGrid grid, int? seen)
        {
            int tokens = grid.Count;
            float[] table = new float[tokens * tokens];
            for (int i = 0; seen is int key && i < tokens; i++)
            {
                table[(i * tokens) + key] = Sure;
            }

            AttentionBias bias = new(Table: list.Graph.Table([1, tokens, tokens], table));
            return list.Attend(list, list, 1, 0, AttentionTokens.Within(grid), bias);
        }
    }

    [Fact]
    public void Gradients_that_weight_attention_are_those_of_the_products_written_out()
    {
        float[] fused = Run(graph => graph.OutputMeans(graph.Attentions, weighted: true));

        // The same attention as plain products, differentiated by its weights.
        float[] writtenOut = Run(graph =>
        {
            AttentionDescription attention = graph.Attentions[0];
            Value weights = attention.Weights();
            Node node = graph.NodeOf(attention);
            Value value = node.Inputs[2];
            Value gathered = weights.MatMul(value.SplitHeads(3)).Permute(0, 2, 1, 3).Reshape(node.Outputs[0].Shape);
            Value score = Score(gathered).Slice(1, 1, 1).Reshape([1]);
            Value gradient = Gradients.Of(score, [weights])[0]!;
            graph.Graph.Input(ExplainedGraph.ScoreIndex, [1], ElementType.Int32);
            graph.Graph.Output("0", (weights * gradient).Relu().Mean(1).Reshape([5, 5]));
        });
        Assert.Contains(fused, value => value > 1e-4);
        Assert.All(fused.Zip(writtenOut), pair => Assert.Equal(pair.Second, pair.First, 1e-6));

        static Value Score(Value attended) => (attended.Slice(1, 0, 1).Reshape([1, 3]) * 1.7f).Gelu();

        static float[] Run(Action<ExplainedGraph> output)
        {
            MadeBackbone backbone = new(2, 2, x =>
            {
                TokenGrid grid = new(2, 2, ClassTokens: 1);
                Value list = x.ToTokens().Prepend(x.Graph.Filled([1, 1, 3], 0.3f));
                Value attended = list.Attend(list, list, 3, 1, AttentionTokens.Within(grid));
                return Score(attended).Reshape([1, 1, 1, 3]);
            });
            Network network = new(backbone, new SameHead());
            using ParameterStore state = new(network);
            ExplainedGraph graph = new(network.Forward, new PlanKey(1, 2, 2));
            output(graph);
            using Plan plan = Plan.Compile(graph.Graph);
            Span<float> image = plan.Input(InferenceGraph.Images);
            for (int i = 0; i < image.Length; i++)
            {
                image[i] = MathF.Sin(3 * i);
            }

            plan.IntegerInput(ExplainedGraph.ScoreIndex)[0] = 1;
            plan.Run();
            return plan.Output("0").ToArray();
        }
    }

    [Fact]
    public void Gradient_weighted_rollout_depends_on_the_class()
    {
        using Model model = Model.Create("pit_nano", seed: 1);
        using Explainer explainer = new(model);
        ExplanationOptions options = new() { Method = ExplanationMethod.Rollout, GradientWeighted = true, Classes = ["0", "1"] };
        IReadOnlyList<Explanation> maps = explainer.Explain(ExplainerTests.ImageOf(1), options);
        Assert.NotEqual(maps[0].Values.ToArray(), maps[1].Values.ToArray());
        Assert.All(maps, map => Assert.All(map.Values.ToArray(), value => Assert.True(value >= 0)));
        options = options with { GradientWeighted = false, Classes = [] };
        Explanation plain = Assert.Single(explainer.Explain(ExplainerTests.ImageOf(1), options));
        Assert.Equal((7, 7), (plain.Height, plain.Width));
        Assert.Equal(1, plain.Values.ToArray().Sum() + plain.ClassTokenShare!.Value, 1e-5);
    }

    private sealed class SameHead() : Head(3)
    {
        protected override Value Build(Value x) => x;
    }
}
