using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>
/// Time that a run has taken so far. It has a file of its own, so that checkpoints of the same steps are the same bytes, whoever took how
/// long to make them.
/// </summary>
/// <param name="Seconds">Seconds trained so far.</param>
/// <param name="EpochSeconds">Seconds trained in the epoch at hand.</param>
internal sealed record RunClock(double Seconds, double EpochSeconds)
{
    /// <summary>Reads a file; null where there is none, or nothing that can be a time.</summary>
    /// <param name="path">The file.</param>
    public static RunClock? Read(string path)
    {
        try
        {
            RunClock? clock = File.Exists(path)
                ? JsonText.Read(JsonText.ParseObject(File.ReadAllText(path)), new RunClock(0, 0), RunClockJson.Default.RunClock)
                : null;
            return clock is { Seconds: >= 0 and < double.PositiveInfinity, EpochSeconds: >= 0 and < double.PositiveInfinity }
                ? clock
                : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="UnwritableFileException">It cannot be written.</exception>
    public void Write(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, RunClockJson.Default.RunClock) + "\n");
}

/// <summary>Generated code for times.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunClock))]
internal sealed partial class RunClockJson : JsonSerializerContext;
