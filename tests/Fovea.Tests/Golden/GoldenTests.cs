using System.Text.Json;

namespace Fovea.Tests.Golden;

/// <summary>
/// The judge of numbers: every case of the golden folder (FOVEA_GOLDEN, or the cases that travel with the tests) against what this project
/// computes. Tolerances follow from how far the reference's own float32 run is from its float64 run.
/// </summary>
[Trait("Category", "Golden")]
public sealed class GoldenTests
{
    // Another order of summation in float32 may be this many times farther from float64 than the reference's order.
    private const double Slack = 10;

    public static TheoryData<string> Cases()
    {
        string folder = Environment.GetEnvironmentVariable("FOVEA_GOLDEN") is { Length: > 0 } given
            ? given
            : Path.Combine(AppContext.BaseDirectory, "Golden", "cases");
        TheoryData<string> cases =
            [.. Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        return cases.Count > 0 ? cases : throw new InvalidOperationException($"There are no golden cases in {folder}.");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_network_computes_what_the_reference_computes(string path)
    {
        GoldenCase golden = new(path);
        if (golden.Kind == "curve")
        {
            GoldenCurve.Check(golden, Slack);
            return;
        }

        if (DetectorParts.Covers(golden))
        {
            DetectorParts.Check(golden);
            DetectorGolden.Check(golden);
            return;
        }

        if (RunLengthMaskGolden.Covers(golden))
        {
            RunLengthMaskGolden.Check(golden);
            return;
        }

        if (DetectionUnits.Outputs(golden) is { } results)
        {
            foreach ((string name, JsonElement expected) in golden.Entries("outputs"))
            {
                CheckResult(golden, name, results[name], expected);
            }

            return;
        }

        if (MetricGolden.Covers(golden))
        {
            MetricGolden.Check(golden);
            return;
        }

        using GoldenRun run = new(golden);
        CheckState(golden, run);
        foreach ((string name, JsonElement expected) in golden.Entries("outputs"))
        {
            CheckOutput(golden, run, name, expected);
        }

        if (golden.Has("loss"))
        {
            double tolerance =
                Math.Max(1e-5 * Math.Max(1, Math.Abs(golden.Number("loss"))), Slack * golden.Number("float64_loss_abs_diff"));
            Assert.True(
                Math.Abs(run.Loss - golden.Number("loss")) <= tolerance,
                $"loss {run.Loss}, expected {golden.Number("loss")} ± {tolerance:g2}");
        }

        // A running statistic takes a tenth of what the batch says, errors included.
        double buffers = Slack * Math.Max(1e-6, 0.1 * golden.Number("float64_max_abs_diff"));
        foreach ((string name, JsonElement expected) in golden.Entries("buffers_after"))
        {
            Compare($"{name} afterwards", run.Tensor(name), expected, buffers);
        }

        CheckGradients(golden, run);
    }

    /// <summary>Checks what was computed without a graph; integers are exact.</summary>
    private static void CheckResult(GoldenCase golden, string name, float[] result, JsonElement expected)
    {
        if (expected.TryGetProperty("dtype", out _))
        {
            Assert.Equal(GoldenCase.Ints(expected.GetProperty("values")), result.Select(value => (int)value));
        }
        else
        {
            Compare(name, result, expected, Slack * golden.Number("float64_max_abs_diff"));
        }
    }

    private static void CheckState(GoldenCase golden, GoldenRun run)
    {
        Assert.Equal(
            golden.State.Select(entry => $"{entry.Name} [{string.Join(", ", entry.Shape)}]"),
            run.State.Tensors.Select(tensor => $"{tensor.Key} {tensor.Value.CheckpointShape}"));
        Assert.Equal((long)golden.Number("parameters"), run.State.ParameterCount);
        Assert.Equal((long)golden.Number("macs"), run.MultiplyAdds);
    }

    private static void CheckOutput(GoldenCase golden, GoldenRun run, string name, JsonElement expected)
    {
        double allowed = Slack * golden.EntryOf("float64_max_abs_diff_by_output", name, golden.Number("float64_max_abs_diff"));
        int[] shape = GoldenCase.Ints(expected.GetProperty("shape"));
        if (run.Gives(name))
        {
            Compare(name, run.Output(name, shape), expected, allowed);
            return;
        }

        bool overChannels = name.EndsWith(".pixel_mean", StringComparison.Ordinal);
        Assert.True(overChannels || name.EndsWith(".channel_mean", StringComparison.Ordinal), $"the network gives no output '{name}'");
        string source = name[..name.LastIndexOf('.')];
        int[] of = GoldenCase.Ints(golden.Root.GetProperty("outputs").GetProperty(source).GetProperty("shape"));
        Compare(name, Means(run.Output(source, of), of, overChannels), expected, allowed);
    }

    /// <summary>Means of a map (N, C, H, W) or of tokens (N, L, C) over channels or over positions.</summary>
    private static float[] Means(float[] values, int[] shape, bool overChannels)
    {
        bool map = shape.Length == 4;
        int channels = map ? shape[1] : shape[2];
        int positions = map ? shape[2] * shape[3] : shape[1];
        double[] means = new double[shape[0] * (overChannels ? positions : channels)];
        for (int i = 0; i < values.Length; i++)
        {
            (int sample, int inside) = Math.DivRem(i, channels * positions);
            int channel = map ? inside / positions : inside % channels;
            int position = map ? inside % positions : inside / channels;
            means[overChannels ? (sample * positions) + position : (sample * channels) + channel] +=
                (double)values[i] / (overChannels ? channels : positions);
        }

        return [.. means.Select(mean => (float)mean)];
    }

    private static void CheckGradients(GoldenCase golden, GoldenRun run)
    {
        HashSet<string> zeroLike = golden.Has("float64_gradient_zero_like")
            ? [.. golden.Root.GetProperty("float64_gradient_zero_like").EnumerateArray().Select(name => name.GetString()!)]
            : [];
        double[] norms = [.. golden.Entries("gradients").Select(entry => entry.Value.GetProperty("l2").GetDouble()).Order()];

        // A gradient that is zero in theory is a sum of terms that cancel; what float32 leaves of it grows with the terms, and so with the
        // other gradients.
        double vanishing = 1e-5 * Math.Max(1, norms.Length > 0 ? Math.Max(norms[norms.Length / 2], norms[^1] / 100) : 1);
        foreach ((string name, JsonElement expected) in golden.Entries("gradients"))
        {
            float[] gradient = run.Gradient(name);
            double norm = Math.Sqrt(gradient.Sum(value => (double)value * value));
            if (zeroLike.Contains(name))
            {
                Assert.True(norm <= vanishing, $"gradient of {name} should vanish and has norm {norm:g3}");
                continue;
            }

            double largest = golden.Number("float64_gradient_max_rel_l2_diff");
            double tolerance = Math.Max(1e-5, Slack * golden.EntryOf("float64_gradient_rel_l2_diff", name, largest));
            if (GradientFigures.Of(expected).Difference(gradient) is double difference && difference > tolerance)
            {
                // Where a ReLU or a maximum stands almost on its kink, rounding decides on which side, and gradients jump.
                double jump = run.GradientSpread[name];
                Assert.True(
                    difference <= tolerance + (2 * jump),
                    $"gradient of {name} is {difference:g3} of its norm away, allowed {tolerance:g2}; rounding moves it by {jump:g2}");
            }
        }
    }

    internal static void Compare(string name, float[] got, JsonElement expected, double allowed)
    {
        int[] shape = expected.TryGetProperty("shape", out JsonElement axes) ? GoldenCase.Ints(axes) : [got.Length];
        Assert.Equal(shape.Aggregate(1, (product, axis) => product * axis), got.Length);
        IEnumerable<(int Index, double Want)> pairs = expected.TryGetProperty("values", out JsonElement values)
            ? values.EnumerateArray().Select((value, i) => (i, value.GetDouble()))
            : expected.GetProperty("samples").EnumerateArray().Select(sample => (sample[0].GetInt32(), sample[1].GetDouble()));
        foreach ((int index, double want) in pairs)
        {
            double tolerance = Math.Max(1e-5 * Math.Max(1, Math.Abs(want)), allowed);
            Assert.True(
                Math.Abs(got[index] - want) <= tolerance,
                $"{name}[{index}] is {got[index]:g9}, expected {want:g9} ± {tolerance:g2}");
        }

        double norm = Math.Sqrt(got.Sum(value => (double)value * value));
        double expectedNorm = expected.GetProperty("l2").GetDouble();
        double normTolerance = Math.Max(1e-5 * Math.Max(1, expectedNorm), allowed * Math.Sqrt(got.Length));
        Assert.True(
            Math.Abs(norm - expectedNorm) <= normTolerance,
            $"{name}: norm {norm:g9}, expected {expectedNorm:g9} ± {normTolerance:g2}");
    }
}
