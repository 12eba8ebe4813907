using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Graph;

public sealed class ArithmeticTests
{
    private static readonly float[] _values = [-3, -1, -0.5f, 0, 0.25f, 1, 1.75f, 2, 4, 1e-20f, -2e19f];

    [Fact]
    public void Expressions_with_numbers_compute_what_the_same_expressions_of_floats_do()
    {
        (string Name, Func<Value, Value> Graph, Func<float, float> Want)[] cases =
        [
            ("1 + x", x => 1 + x, x => 1 + x),
            ("x - 0.3", x => x - 0.3f, x => x - 0.3f),
            ("1 - x", x => 1 - x, x => 1 - x),
            ("2 * x", x => 2 * x, x => 2 * x),
            ("x / 2", x => x / 2, x => x / 2),
            ("x / 3", x => x / 3, x => x / 3),
            ("x / -4", x => x / -4, x => x / -4),
            ("x / 2^-127", x => x / 5.877472E-39f, x => x / 5.877472E-39f),
            ("1 / x", x => 1 / x, x => 1 / x),
            ("-x", x => -x, x => -x),
            ("|x|", x => x.Abs(), MathF.Abs),
            ("sign", x => x.Sign(), x => MathF.Sign(x)),
            ("square", x => x.Square(), x => x * x),
            ("clamp", x => x.Clamp(-1, 1.5f), x => Math.Clamp(x, -1, 1.5f)),
            ("maximum", x => x.Maximum(0.5f), x => MathF.Max(x, 0.5f)),
            ("minimum", x => x.Minimum(0.5f), x => MathF.Min(x, 0.5f)),
            ("x > 1", x => x > 1, x => x > 1 ? 1 : 0),
            ("x >= 1", x => x >= 1, x => x >= 1 ? 1 : 0),
            ("x < 1", x => x < 1, x => x < 1 ? 1 : 0),
            ("x <= 1", x => x <= 1, x => x <= 1 ? 1 : 0),
            ("x = 1", x => x.Equal(1), x => x == 1 ? 1 : 0),
            ("x > x²", x => x > x * x, x => x > x * x ? 1 : 0),
            ("x >= x²", x => x >= x * x, x => x >= x * x ? 1 : 0),
            ("x < x²", x => x < x * x, x => x < x * x ? 1 : 0),
            ("x <= x²", x => x <= x * x, x => x <= x * x ? 1 : 0),
            ("where", x => (x > 0).Where(x, 7), x => x > 0 ? x : 7),
            ("where of what is not chosen", x => x.Where(1 / x, -1f * x), x => x != 0 ? 1 / x : 0),
            ("number where", x => (x > 0).Where(7, x), x => x > 0 ? 7 : x),
        ];
        foreach ((string name, Func<Value, Value> build, Func<float, float> want) in cases)
        {
            ComputeGraph graph = new();
            graph.Output("y", build(graph.Input("x", [_values.Length])));
            float[] got = GraphRun.Outputs(graph, new Dictionary<string, float[]> { ["x"] = _values })["y"];
            Assert.True(_values.Select(want).SequenceEqual(got), $"{name}: {string.Join(' ', got)}");
        }
    }

    [Theory]
    [InlineData(-3)]
    [InlineData(-1)]
    [InlineData(-0.5f)]
    [InlineData(0)]
    [InlineData(0.5f)]
    [InlineData(1)]
    [InlineData(1.37f)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(2.5f)]
    [InlineData(17)]
    public void Powers_are_exact_to_the_last_bits(float exponent)
    {
        ComputeGraph graph = new();
        graph.Output("y", graph.Input("x", [_values.Length]).Pow(exponent));
        float[] got = GraphRun.Outputs(graph, new Dictionary<string, float[]> { ["x"] = _values })["y"];
        for (int i = 0; i < got.Length; i++)
        {
            float want = (float)Math.Pow(_values[i], exponent);
            bool near = MathF.Abs(got[i] - want) <= 2e-7f * MathF.Abs(want);
            Assert.True(got[i].Equals(want) || near, $"{_values[i]}^{exponent} = {got[i]}, expected {want}");
        }
    }

    [Fact]
    public void A_log_softmax_of_large_and_distant_logits_is_finite_and_exact()
    {
        float[] logits = [1000, 998, 0, -1000, 3e6f, 3e6f, 3e6f - 1, -3e6f, 0, 0, 0, 0];
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("x", [3, 4]);
        Value y = x.LogSoftmax();
        graph.Output("y", y);
        graph.Output("dx", Engine.Compile.Gradients.Of(y, [x], graph.Filled([3, 4], 1))[0]!);
        Dictionary<string, float[]> got = GraphRun.Outputs(graph, new Dictionary<string, float[]> { ["x"] = logits });
        for (int i = 0; i < logits.Length; i++)
        {
            double[] row = [.. logits.Skip(i / 4 * 4).Take(4).Select(logit => (double)logit)];
            double sum = row.Sum(logit => Math.Exp(logit - row.Max()));
            double want = logits[i] - row.Max() - Math.Log(sum);
            Assert.Equal(want, got["y"][i], 1e-6 * Math.Max(1, Math.Abs(want)));
            Assert.Equal(1 - (4 * Math.Exp(want)), got["dx"][i], 1e-5);
        }
    }

    [Fact]
    public void The_cross_entropy_of_distributions_that_are_labels_is_that_of_the_labels()
    {
        int[] labels = [3, 0, -1, 6, 2];
        float[] distributions = new float[5 * 7];
        foreach ((int label, int row) in labels.Select((label, row) => (label, row)).Where(pair => pair.label >= 0))
        {
            distributions[(row * 7) + label] = 1;
        }

        foreach (float smoothing in (float[])[0, 0.1f])
        {
            ComputeGraph graph = new(training: true);
            Value x = graph.Input("x", [5, 7]);
            Value hard = x.CrossEntropy(graph.Table([5], labels), smoothing);
            Value soft = x.CrossEntropy(graph.Table([5, 7], distributions), smoothing);
            foreach ((string name, Value loss) in (ReadOnlySpan<(string, Value)>)[("hard", hard), ("soft", soft)])
            {
                graph.Output(name, loss);
                graph.Output($"gradient of {name}", Engine.Compile.Gradients.Of(loss.Sum(0), [x])[0]!);
            }

            float[] logits = [.. GraphRun.Values("x", [5, 7]).Select(value => 9 * value)];
            Dictionary<string, float[]> got = GraphRun.Outputs(graph, new Dictionary<string, float[]> { ["x"] = logits });
            Assert.Equal(got["hard"], got["soft"], (a, b) => MathF.Abs(a - b) < 1e-5f);
            Assert.Equal(got["gradient of hard"], got["gradient of soft"], (a, b) => MathF.Abs(a - b) < 1e-6f);
        }
    }

    [Fact]
    public void Targets_of_another_shape_and_empty_ranges_are_refused()
    {
        ComputeGraph graph = new();
        Value x = graph.Input("x", [5, 7]);
        ShapeException error = Assert.Throws<ShapeException>(() => x.CrossEntropy(graph.Filled([5, 6], 1)));
        Assert.Equal(
            "CrossEntropy: logits (N, classes) and target distributions of their shape expected, got [5, 7] and [5, 6]", error.Message);
        Value bytes = graph.Input("bytes", [5], ElementType.UInt8);
        Assert.Contains("UInt8", Assert.Throws<ShapeException>(() => x.CrossEntropy(bytes)).Message, StringComparison.Ordinal);
        Assert.Contains("from 2 to 1", Assert.Throws<ArgumentException>(() => x.Clamp(2, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_with_choices_comparisons_and_powers_is_one_step()
    {
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("x", [4, 6]);
        graph.Output("y", (x > 0.5f).Where(x.Pow(1.5f), 1 - x.Abs()).Clamp(0, 1));
        using Plan plan = Plan.Compile(graph, GraphRun.Single);
        Assert.Single(plan.Builder().Calls);
    }
}
