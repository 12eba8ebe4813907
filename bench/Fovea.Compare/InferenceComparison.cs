using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Onnx;

namespace Fovea.Compare;

/// <summary>One model held against ONNX Runtime: exported by Fovea with the weights that Fovea itself runs.</summary>
internal sealed class InferenceComparison : IDisposable
{
    private const ulong Seed = 1;
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-compare-").FullName;
    private readonly Network _network;
    private readonly ParameterStore _state;
    private readonly MeasuredModel _model;
    private readonly Peer? _runtime;
    private readonly long _multiplyAdds;

    /// <summary>Makes the weights and writes the ONNX file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="runtime">ONNX Runtime; null where it is missing.</param>
    public InferenceComparison(MeasuredModel model, Peer? runtime)
    {
        (_model, _runtime) = (model, runtime);
        _network = model.Create();
        _state = new ParameterStore(_network);
        _state.Initialize(Seed);
        string[] classes = [.. Enumerable.Range(0, _network.Classes).Select(index => $"class {index}")];
        Preprocessing preprocessing = new() { Height = _network.Height, Width = _network.Width };
        OnnxExport.Write(ModelFile, new Model(_network, _state, new ModelInfo(model.Name, model.Options, classes, preprocessing)));
        _multiplyAdds = NetworkSummary.MultiplyAddsOf(InferenceGraph.Build(_network, 1));
    }

    private string ModelFile => Path.Combine(_folder, "model.onnx");

    private string InputFile => Path.Combine(_folder, "images.bin");

    /// <summary>Compares the logits, then the times.</summary>
    /// <param name="match">How the sides take turns.</param>
    /// <param name="batch">Images in a run.</param>
    /// <param name="threads">Threads of each side.</param>
    /// <param name="peak">The peak of the threads in GFLOP/s.</param>
    /// <param name="cancellation">Stops between two turns.</param>
    public Line Run(Match match, int batch, int threads, double peak, CancellationToken cancellation)
    {
        using WorkerPool pool = new(threads);
        using Plan plan = Plan.Compile(InferenceGraph.Build(_network, batch), pool);
        Noise.Fill(plan.Input("images"));
        FoveaSide ours = new(plan.Run);
        if (_runtime is null)
        {
            return Line.Of(_model, batch, threads, match.Play(ours, null, cancellation), _multiplyAdds, peak);
        }

        plan.Run();
        float[] theirs = Open(_runtime, plan.Input("images"), batch, threads);
        double difference = Statistics.LargestDifference(theirs, plan.Output("logits"));
        Outcome outcome = match.Play(ours, new PeerSide(_runtime), cancellation);
        _runtime.Ask("close", true);
        return Line.Of(_model, batch, threads, outcome, _multiplyAdds, peak, difference);
    }

    /// <summary>Frees the weights and deletes the files.</summary>
    public void Dispose()
    {
        _state.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Opens the file in ONNX Runtime and gives its logits.</summary>
    private float[] Open(Peer runtime, ReadOnlySpan<float> images, int batch, int threads)
    {
        File.WriteAllBytes(InputFile, MemoryMarshal.AsBytes<float>(ChannelsFirst(images)));
        JsonObject opened = runtime.Ask("open", new JsonObject
        {
            ["model"] = ModelFile,
            ["input"] = InputFile,
            ["shape"] = new JsonArray(batch, 3, _network.Height, _network.Width),
            ["threads"] = threads,
        });
        return [.. MemoryMarshal.Cast<byte, float>(Convert.FromBase64String((string)opened["output"]!))];
    }

    private float[] ChannelsFirst(ReadOnlySpan<float> images)
    {
        int pixels = _network.Height * _network.Width;
        float[] result = new float[images.Length];
        for (int i = 0; i < result.Length; i++)
        {
            (int image, int rest) = Math.DivRem(i, 3 * pixels);
            (int channel, int pixel) = Math.DivRem(rest, pixels);
            result[i] = images[(((image * pixels) + pixel) * 3) + channel];
        }

        return result;
    }
}
