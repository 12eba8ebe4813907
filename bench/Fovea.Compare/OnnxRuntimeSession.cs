using Microsoft.ML.OnnxRuntime;

namespace Fovea.Compare;

/// <summary>A model in ONNX Runtime with images in its input, ready to run again and again.</summary>
internal sealed class OnnxRuntimeSession : IDisposable
{
    private readonly RunOptions _runOptions = new();
    private readonly InferenceSession _session;
    private readonly OrtValue _images;

    /// <summary>Opens a model.</summary>
    /// <param name="model">The ONNX file.</param>
    /// <param name="images">[batch, channels, height, width].</param>
    /// <param name="shape">These four extents.</param>
    /// <param name="threads">Threads to run on.</param>
    public OnnxRuntimeSession(string model, float[] images, long[] shape, int threads)
    {
        using SessionOptions options = new()
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        _session = new InferenceSession(model, options);
        _images = OrtValue.CreateTensorValueFromMemory(images, shape);
    }

    /// <summary>The runtime and its version.</summary>
    public static string Name { get; } = $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}";

    /// <summary>Runs the model once.</summary>
    public void Run() => Results().Dispose();

    /// <summary>Runs the model once and gives its first output.</summary>
    public float[] Output()
    {
        using IDisposableReadOnlyCollection<OrtValue> results = Results();
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Gives the model back.</summary>
    public void Dispose()
    {
        _images.Dispose();
        _session.Dispose();
        _runOptions.Dispose();
    }

    private IDisposableReadOnlyCollection<OrtValue> Results() =>
        _session.Run(_runOptions, _session.InputNames, [_images], _session.OutputNames);
}
