using System.Text.Json.Nodes;
using Fovea.Tasks;

namespace Fovea.Cli;

/// <summary>A measured speed as verbs answer it in JSON.</summary>
internal static class SpeedAnswer
{
    /// <summary>Adds the times of a batch in milliseconds, the rates that follow, and the share of the peak.</summary>
    /// <param name="answer">JSON object to add to.</param>
    /// <param name="speed">The speed.</param>
    /// <param name="gflops">Its operations in GFLOP/s.</param>
    /// <param name="peak">The peak in GFLOP/s.</param>
    public static JsonObject With(this JsonObject answer, Benchmark speed, double gflops, double peak)
    {
        answer["milliseconds"] = speed.Median.TotalMilliseconds;
        answer["best"] = speed.Fastest.TotalMilliseconds;
        answer["imagesPerSecond"] = speed.ImagesPerSecond;
        answer["gflops"] = gflops;
        answer["peakFraction"] = gflops / peak;
        return answer;
    }
}
