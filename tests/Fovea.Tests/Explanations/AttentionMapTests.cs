using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Explanations;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tests.Golden;

namespace Fovea.Tests.Explanations;

public sealed class AttentionMapTests
{
    private const float Sure = 100;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Groups_are_laid_back_onto_the_grid_that_they_were_cut_from(int interval)
    {
        // Each cell sees the next of its group, row by row, the last one the first; groups of 2×3 over a grid of 4×6, or with an
        // interval of 2 over one that is padded to 4×12.
        TokenGroups groups = new(2, 3, interval);
        using Model model = MadeBackbone.Model(4, 8 - (2 * interval), x =>
        {
            TokenGrid grid = TokenGrouping.GridOf(x);
            Value tokens = x.Group(groups);
            AttentionBias bias = new(Table: Next(x.Graph, 6), Mask: x.Graph.PaddingMask(groups, grid));
            return tokens.Attend(tokens, tokens, 1, 0, new AttentionTokens(grid, grid, groups), bias).Ungroup(groups, grid);
        });
        using Explainer explainer = new(model);
        AttentionMaps maps = explainer.Attend(ExplainerTests.ImageOf(1));
        (int height, int width) = (maps.Queries.Height, maps.Queries.Width);
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
            {
                float[] map = maps.OfCell(row, column).Values.ToArray();
                (int Row, int Column) next = NextCell(row, column, interval);
                bool isInside = next.Row < height && next.Column < width;
                Assert.Equal(1, map.Sum(), 1e-5);
                if (isInside)
                {
                    Assert.Equal(1, map[(next.Row * width) + next.Column], 1e-5);
                }
                else
                {
                    // What it would see lies in the padding: it sees its whole group alike.
                    Assert.Equal(0, map.Where((_, i) => !IsOfGroup(row, column, i / width, i % width, interval)).Sum(), 1e-5);
                }
            }
        }
    }

    [Fact]
    public void Reduced_keys_give_a_map_of_their_own_grid_and_heads_are_told_apart()
    {
        // Head h of every query sees key h alone.
        using Model model = MadeBackbone.Model(4, 6, x =>
        {
            Value keys = x.AveragePooling(new WindowSpec(2, Stride: 2)).ToTokens();
            float[] table = new float[3 * 24 * 6];
            for (int i = 0; i < 3 * 24; i++)
            {
                table[(i * 6) + (i / 24)] = Sure;
            }

            AttentionTokens tokens = new(new TokenGrid(4, 6), new TokenGrid(2, 3));
            return x.ToTokens().Attend(keys, keys, 3, 1, tokens, new AttentionBias(Table: x.Graph.Table([3, 24, 6], table))).ToMap(4, 6);
        });
        using Explainer explainer = new(model);
        AttentionMaps maps = explainer.Attend(ExplainerTests.ImageOf(1));
        Equal([1, 0, 0, 0, 0, 0], maps.OfCell(3, 5, head: 0));
        Equal([0, 0, 1, 0, 0, 0], maps.OfCell(0, 0, head: 2));
        float third = 1f / 3;
        Equal([third, third, third, 0, 0, 0], maps.OfCell(2, 1));
        Equal([third, third, third, 0, 0, 0], maps.Mean());
        Equal([0, 1, 0, 0, 0, 0], maps.Mean(head: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => maps.Mean(head: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => maps.OfCell(4, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => maps.OfClassToken());

        static void Equal(float[] expected, Explanation map)
        {
            Assert.Equal((2, 3), (map.Height, map.Width));
            Assert.All(expected.Zip(map.Values.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    [Fact]
    public void The_maps_of_a_golden_case_are_those_of_the_reference()
    {
        GoldenCase golden = new(Path.Combine(AppContext.BaseDirectory, "Golden", "cases", "patchconvnet_s60.logits_224.json"));
        Module module = PatchConvNetGolden.Create(golden)!;
        using ParameterStore state = new(module);
        GoldenRun.Fill(golden, state);
        ExplainedGraph graph = new(GoldenNetwork.Of(module)!.Forward, new PlanKey(2, 224, 224));
        AttentionDescription last = graph.Attentions[^1];
        graph.OutputWeights(last.Path);
        using Plan plan = Plan.Compile(graph.Graph);
        (_, int[] shape, float[] values) = golden.Inputs.Single();
        GoldenFill.ChannelsLast(values, shape).CopyTo(plan.Input(InferenceGraph.Images));
        plan.Run();
        ReadOnlySpan<float> weights = plan.Output(ExplainedGraph.Weights);
        ExplainableLayer layer = new(last.Path, 14, 14, last.Heads, last.Tokens);
        float[][] maps = new float[2][];
        for (int i = 0; i < 2; i++)
        {
            float[] ofImage = weights.Slice(i * weights.Length / 2, weights.Length / 2).ToArray();
            maps[i] = new AttentionMaps(layer, ofImage, default).OfClassToken().Values.ToArray();
        }

        System.Text.Json.JsonElement expected = golden.Root.GetProperty("outputs").GetProperty("attention_map");
        Assert.All(
            GoldenCase.Doubles(expected.GetProperty("values")).Zip(maps.SelectMany(map => map)),
            pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    private static Value Next(ComputeGraph graph, int tokens)
    {
        float[] table = new float[tokens * tokens];
        for (int i = 0; i < tokens; i++)
        {
            table[(i * tokens) + ((i + 1) % tokens)] = Sure;
        }

        return graph.Table([1, tokens, tokens], table);
    }

    private static (int Row, int Column) NextCell(int row, int column, int interval)
    {
        (int down, int right) = (row / interval % 2, column / interval % 3);
        int next = ((down * 3) + right + 1) % 6;
        return (row + (((next / 3) - down) * interval), column + (((next % 3) - right) * interval));
    }

    private static bool IsOfGroup(int row, int column, int otherRow, int otherColumn, int interval) =>
        (row - otherRow) % interval == 0
        && (column - otherColumn) % interval == 0
        && row / (2 * interval) == otherRow / (2 * interval)
        && column / (3 * interval) == otherColumn / (3 * interval);
}
