using System.Text.Json.Nodes;
using Fovea.Cli;

namespace Fovea.Tests.Cli;

/// <summary>Runs the command inside the test's process, with <c>--json</c>.</summary>
internal static class CliRun
{
    /// <summary>Runs a command that must succeed and gives its JSON object, the only line of standard output.</summary>
    public static async Task<JsonObject> Succeeds(params string[] arguments)
    {
        (int exitCode, string output, string error) = await Run(arguments);
        Assert.True(exitCode == ExitCodes.Success, $"{string.Join(" ", arguments)} ended with {exitCode}: {error}");
        return Object(output);
    }

    /// <summary>Runs a command that must fail with one clear message that holds all the words.</summary>
    public static async Task Fails(int wanted, string[] words, params string[] arguments)
    {
        (int exitCode, string output, string error) = await Run(arguments);
        string what = $"{string.Join(" ", arguments)} ended with {exitCode}: {error}";
        Assert.True(exitCode == wanted, what);
        string message = (string)Object(output)["error"]!;
        Assert.Contains($"fovea: {message}", error, StringComparison.Ordinal);
        Assert.DoesNotContain("fault of fovea", message, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.All(words, word => Assert.True(message.Contains(word, StringComparison.Ordinal), $"'{word}' is missing. {what}"));
    }

    /// <summary>Runs a command.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> Run(
        string[] arguments, TextWriter? error = null, CancellationToken cancellation = default)
    {
        using StringWriter output = new();
        using StringWriter ownError = new();
        int exitCode = await CommandLine.InvokeAsync([.. arguments, "--json"], output, error ?? ownError, cancellation);
        return (exitCode, output.ToString(), ownError.ToString());
    }

    private static JsonObject Object(string output)
    {
        Assert.Equal(1, output.Count(character => character == '\n'));
        return Assert.IsType<JsonObject>(JsonNode.Parse(output));
    }
}

/// <summary>One short run that the tests of a class share.</summary>
public sealed class TrainedRun : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Data => _folder.File("data");

    public string Run => _folder.File("run");

    public string Checkpoint => Path.Combine(Run, "best.safetensors");

    /// <summary>What <c>train</c> answered.</summary>
    public JsonObject Answer { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        TinyImages.Write(Path.Combine(Data, "train"), 8);
        TinyImages.Write(Path.Combine(Data, "test"), 3, seed: 2);
        Answer = await CliRun.Succeeds(
            "train", Data, "--size", "16", "--batch", "8", "--epochs", "2", "--ema-decay", "0.9", "--threads", "2", "--out", Run);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void Dispose() => _folder.Dispose();
}
