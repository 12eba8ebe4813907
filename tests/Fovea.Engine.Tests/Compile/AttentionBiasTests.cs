using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Tests.Compile;

public sealed class AttentionBiasTests
{
    [Theory]
    [InlineData(AttentionBiasParts.None)]
    [InlineData(AttentionBiasParts.Table)]
    [InlineData(AttentionBiasParts.Relative)]
    [InlineData(AttentionBiasParts.Mask)]
    [InlineData(AttentionBiasParts.Table | AttentionBiasParts.Mask)]
    [InlineData(AttentionBiasParts.Table | AttentionBiasParts.Relative | AttentionBiasParts.Mask)]
    public void Fused_attention_is_the_softmax_of_its_scores_written_out(AttentionBiasParts parts)
    {
        (int, int, int, int)[] sizes = [(2, 1, 3, 4), (4, 3, 1, 7), (2, 2, 5, 9), (6, 2, 7, 7), (2, 1, 9, 13)];
        foreach ((int batch, int heads, int height, int width) in sizes)
        {
            int tokens = height * width;
            ComputeGraph graph = new();
            Value query = graph.Input("query", [batch, tokens, heads * 5]);
            Value key = graph.Input("key", query.Shape);
            Value value = graph.Input("value", [batch, tokens, heads * 3]);
            AttentionBias bias = new(
                parts.HasFlag(AttentionBiasParts.Table) ? graph.Input("table", [heads, tokens, tokens]) : null,
                parts.HasFlag(AttentionBiasParts.Relative) ? graph.Input("rows", [batch, tokens, heads * ((2 * height) - 1)]) : null,
                parts.HasFlag(AttentionBiasParts.Relative) ? graph.Input("columns", [batch, tokens, heads * ((2 * width) - 1)]) : null,
                parts.HasFlag(AttentionBiasParts.Mask)
                    ? graph.Table([2, tokens], [.. Enumerable.Range(0, 2 * tokens).Select(i => i % 3 == 1 ? -1e6f : 0)])
                    : null);
            Assert.Equal(parts, bias.Parts);
            graph.Output("fused", query.Attention(key, value, heads, 0.4f, bias));
            Value written = query.AttentionScores(key, heads, 0.4f, bias).Softmax().MatMul(value.SplitHeads(heads));
            graph.Output("written", written.Permute(0, 2, 1, 3).Reshape(value.Shape));

            using WorkerPool pool = new(1);
            using Plan plan = Plan.Compile(graph, pool);
            foreach (string name in graph.Inputs.Keys)
            {
                GraphRun.Values(name, graph.Inputs[name].Shape).CopyTo(plan.Input(name));
            }

            plan.Run();
            Assert.All(
                plan.Output("fused").ToArray().Zip(plan.Output("written").ToArray()),
                pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Slices_that_only_attention_reads_are_no_steps_and_change_nothing(bool alsoRead)
    {
        foreach ((int batch, int heads, int tokens, int width) in ((int, int, int, int)[])[(2, 3, 7, 5), (1, 2, 57, 8), (3, 1, 50, 16)])
        {
            Dictionary<string, float[]>[] runs = [.. new[] { true, false }.Select(sliced =>
            {
                ComputeGraph graph = new(training: true);
                int channels = heads * width;
                Value joined = graph.Input("joined", [batch, tokens, 3 * channels]);
                Value[] parts =
                [
                    .. Enumerable.Range(0, 3).Select(i => sliced
                        ? joined.Slice(2, i * channels, channels)
                        : joined.Reshape([batch * tokens, 3, channels]).Slice(1, i, 1).Reshape([batch, tokens, channels])),
                ];
                Value attended = parts[0].Attention(parts[1], parts[2], heads, 0.4f);
                graph.Output("attended", attended);
                graph.Output("gradient", Engine.Compile.Gradients.Of(attended, [joined], graph.Input("upstream", attended.Shape))[0]!);
                if (alsoRead)
                {
                    graph.Output("key", parts[1].Sum(1));
                }

                using Plan plan = Plan.Compile(graph, GraphRun.Single);
                Assert.Equal(!sliced ? 3 : alsoRead ? 1 : 0, plan.Builder().Calls.Count(call => call.Node?.Operation is Slice));
                return GraphRun.Outputs(
                    plan, graph.Inputs.ToDictionary(input => input.Key, input => GraphRun.Values(input.Key, input.Value.Shape)));
            })];
            Assert.All(runs[0], output => Assert.Equal(runs[1][output.Key], output.Value));
        }
    }

    [Fact]
    public void A_bias_that_does_not_fit_is_refused_with_its_shapes()
    {
        ComputeGraph graph = new();
        Value tokens = graph.Input("tokens", [4, 6, 8]);
        Assert.Contains("[2, 6, 6]", Refusal(new AttentionBias(Table: graph.Filled([2, 6, 5], 0))), StringComparison.Ordinal);
        Assert.Contains("[3, 6]", Refusal(new AttentionBias(Mask: graph.Filled([3, 6], 0))), StringComparison.Ordinal);
        AttentionBias relative = new(RelativeRows: graph.Filled([4, 6, 10], 0), RelativeColumns: graph.Filled([4, 6, 10], 0));
        Assert.Contains("[4, 6, 10]", Refusal(relative), StringComparison.Ordinal);

        string Refusal(AttentionBias bias) => Assert.Throws<ShapeException>(() => tokens.Attention(tokens, tokens, 2, 1, bias)).Message;
    }
}
