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
    private readonly long _multiplyAdds;

    /// <summary>Makes the weights and writes the ONNX file.</summary>
    /// <param name="model">The model.</param>
    public InferenceComparison(MeasuredModel model)
    {
        _model = model;
        _network = model.Create();
        _state = new ParameterStore(_network);
        _state.Initialize(Seed);
        string[] classes = [.. Enumerable.Range(0, _network.Classes).Select(index => $"class {index}")];
        Preprocessing preprocessing = new() { Height = _network.Height, Width = _network.Width };
        OnnxExport.Write(ModelFile, new Model(_network, _state, new ModelInfo(model.Name, model.Options, classes, preprocessing)));
        _multiplyAdds = NetworkSummary.MultiplyAddsOf(InferenceGraph.Build(_network, 1));
    }

    private string ModelFile => Path.Combine(_folder, "model.onnx");

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
        plan.Run();
        using OnnxRuntimeSession runtime = new(
            ModelFile, ChannelsFirst(plan.Input("images")), [batch, 3, _network.Height, _network.Width], threads);
        double difference = Statistics.LargestDifference(runtime.Output(), plan.Output("logits"));
        Outcome outcome = match.Play(
            new InProcessSide(plan.Run, match.Clock), new InProcessSide(runtime.Run, match.Clock), cancellation);
        return Line.Of(_model, batch, threads, outcome, _multiplyAdds, peak, difference);
    }

    /// <summary>Frees the weights and deletes the files.</summary>
    public void Dispose()
    {
        _state.Dispose();
        Directory.Delete(_folder, recursive: true);
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
