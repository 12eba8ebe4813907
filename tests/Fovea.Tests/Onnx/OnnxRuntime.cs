using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fovea.Tests.Onnx;

/// <summary>
/// A test that runs files in ONNX Runtime: skipped by name where <c>npm ci --ignore-scripts</c> was not run in tests/onnx.
/// </summary>
internal sealed class OnnxRuntimeFactAttribute : FactAttribute
{
    public OnnxRuntimeFactAttribute() => Skip = OnnxRuntime.Missing;
}

/// <summary>A test over several models that runs files in ONNX Runtime: skipped by name where it is not installed.</summary>
internal sealed class OnnxRuntimeTheoryAttribute : TheoryAttribute
{
    public OnnxRuntimeTheoryAttribute() => Skip = OnnxRuntime.Missing;
}

/// <summary>ONNX Runtime in a process of its own, one for all tests of a class.</summary>
public sealed class OnnxRuntime : IDisposable
{
    private static readonly string _folder = Path.GetFullPath(Path.Combine(SourceFolder(), "..", "..", "onnx"));
    private readonly Lazy<Process> _process = new(Start);

    /// <summary>Why it cannot be run; null where it can.</summary>
    internal static string? Missing { get; } = Directory.Exists(Path.Combine(_folder, "node_modules", "onnxruntime-node"))
        ? null
        : "ONNX Runtime is not installed ('npm ci --ignore-scripts' in tests/onnx).";

    /// <summary>Runs a model and gives the elements and the shape of an output, the first where none is named.</summary>
    internal (float[] Elements, int[] Shape) Run<T>(string model, T[] input, int[] shape, string? output = null)
        where T : unmanaged
    {
        string inputFile = model + ".in";
        string outputFile = model + ".out";
        File.WriteAllBytes(inputFile, MemoryMarshal.AsBytes<T>(input).ToArray());
        JsonObject answer = Ask(new JsonObject
        {
            ["model"] = model,
            ["type"] = typeof(T) == typeof(byte) ? "uint8" : "float32",
            ["input"] = inputFile,
            ["output"] = outputFile,
            ["name"] = output,
            ["shape"] = JsonSerializer.SerializeToNode(shape),
        });
        Assert.True(answer["error"] is null, $"{Path.GetFileName(model)}: {answer["error"]}");
        return (MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(outputFile)).ToArray(), answer["shape"].Deserialize<int[]>()!);
    }

    public void Dispose()
    {
        if (_process.IsValueCreated)
        {
            _process.Value.StandardInput.Close();
            _process.Value.WaitForExit();
            _process.Value.Dispose();
        }
    }

    private static Process Start() => Process.Start(new ProcessStartInfo("node", ["run.mjs"])
    {
        WorkingDirectory = _folder,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private static string SourceFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    private JsonObject Ask(JsonObject job)
    {
        _process.Value.StandardInput.WriteLine(job.ToJsonString());
        string? line = _process.Value.StandardOutput.ReadLine();
        return JsonNode.Parse(line ?? throw new InvalidOperationException("ONNX Runtime's process ended."))!.AsObject();
    }
}
