using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Engine.Compile.Cpu;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Training;

namespace Fovea.Compare;

/// <summary>One model held against ONNX Runtime: exported by Fovea with the weights that Fovea itself runs.</summary>
internal sealed class InferenceComparison : IDisposable
{
    private const ulong Seed = 1;
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-compare-").FullName;
    private readonly Network _network;
    private readonly ModuleState _state;
    private readonly Peer _runtime;

    /// <summary>Makes the weights and writes the ONNX file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="runtime">ONNX Runtime.</param>
    public InferenceComparison(MeasuredModel model, Peer runtime)
    {
        _runtime = runtime;
        _network = model.Create();
        _state = new ModuleState(_network);
        _state.Initialize(Seed);
        string[] classes = [.. Enumerable.Range(0, _network.Classes).Select(index => $"class {index}")];
        Preprocessing preprocessing = new() { Height = _network.Height, Width = _network.Width };
        OnnxExport.Write(ModelFile, new CheckpointInfo(model.Name, model.Options, classes, preprocessing), _network);
        MultiplyAdds = NetworkSummary.MultiplyAddsOf(ClassificationGraph.Inference(_network, 1));
    }

    /// <summary>Multiply-adds for one picture.</summary>
    public long MultiplyAdds { get; }

    private string ModelFile => Path.Combine(_folder, "model.onnx");

    private string InputFile => Path.Combine(_folder, "pictures.bin");

    /// <summary>Compares the logits, then the times.</summary>
    /// <param name="match">How the sides take turns.</param>
    /// <param name="batch">Pictures in a run.</param>
    /// <param name="threads">Threads of each side.</param>
    /// <param name="cancellation">Stops between two turns.</param>
    /// <returns>The times, and the largest difference of the logits as a share of the largest one.</returns>
    public (Outcome Outcome, double Difference) Run(Match match, int batch, int threads, CancellationToken cancellation)
    {
        using WorkerPool pool = new(threads);
        using Plan plan = Plan.Compile(ClassificationGraph.Inference(_network, batch), pool);
        Noise.Fill(plan.Input("pictures"));
        File.WriteAllBytes(InputFile, MemoryMarshal.AsBytes<float>(ChannelsFirst(plan.Input("pictures"))));
        plan.Run();
        JsonObject opened = _runtime.Ask("open", new JsonObject
        {
            ["model"] = ModelFile,
            ["input"] = InputFile,
            ["shape"] = new JsonArray(batch, 3, _network.Height, _network.Width),
            ["threads"] = threads,
        });
        try
        {
            float[] theirs = [.. MemoryMarshal.Cast<byte, float>(Convert.FromBase64String((string)opened["output"]!))];
            double difference = Statistics.LargestDifference(theirs, plan.Output("logits"));
            return (match.Play(new FoveaSide(plan.Run), new PeerSide(_runtime), cancellation), difference);
        }
        finally
        {
            _runtime.Ask("close", true);
        }
    }

    /// <summary>Frees the weights and deletes the files.</summary>
    public void Dispose()
    {
        _state.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private float[] ChannelsFirst(ReadOnlySpan<float> pictures)
    {
        int pixels = _network.Height * _network.Width;
        float[] result = new float[pictures.Length];
        for (int i = 0; i < result.Length; i++)
        {
            (int picture, int rest) = Math.DivRem(i, 3 * pixels);
            (int channel, int pixel) = Math.DivRem(rest, pixels);
            result[i] = pictures[(((picture * pixels) + pixel) * 3) + channel];
        }

        return result;
    }
}
