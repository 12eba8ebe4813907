using System.Text.Json;

namespace Fovea.Tests.Golden;

/// <summary>What a case says of a gradient: its norm, its sum and some of its elements.</summary>
internal sealed record GradientFigures(double Norm, double Sum, IReadOnlyList<(int Index, double Value)> Samples)
{
    public static GradientFigures Of(JsonElement expected) => new(
        expected.GetProperty("l2").GetDouble(),
        expected.GetProperty("sum").GetDouble(),
        [.. expected.GetProperty("samples").EnumerateArray().Select(sample => (sample[0].GetInt32(), sample[1].GetDouble()))]);

    /// <summary>The same figures of another gradient.</summary>
    public GradientFigures OfSame(float[] gradient) => new(
        Math.Sqrt(gradient.Sum(value => (double)value * value)),
        gradient.Sum(value => (double)value),
        [.. Samples.Select(sample => (sample.Index, (double)gradient[sample.Index]))]);

    /// <summary>The largest of the relative differences of norm, sum and samples.</summary>
    public double Difference(float[] gradient)
    {
        GradientFigures other = OfSame(gradient);
        double distance = Math.Sqrt(Samples.Zip(other.Samples, (want, got) => Math.Pow(want.Value - got.Value, 2)).Sum());
        double length = Math.Sqrt(Samples.Sum(sample => sample.Value * sample.Value));
        length = Math.Max(length, Norm * Math.Sqrt((double)Samples.Count / gradient.Length));
        double norm = Math.Abs(other.Norm - Norm) / Norm;
        double sum = Math.Abs(other.Sum - Sum) / (Norm * Math.Sqrt(gradient.Length));
        return Math.Max(distance / length, Math.Max(norm, sum));
    }
}
