using System.Numerics.Tensors;
using Fovea.Data;
using Microsoft.ML.OnnxRuntime;

namespace Fovea.OnnxServer;

/// <summary>A classifier in ONNX Runtime. Any number of threads may ask at the same time.</summary>
internal sealed class OnnxClassifier : IDisposable
{
    private readonly RunOptions _runOptions = new();
    private readonly InferenceSession _session;
    private readonly Preprocessing _preprocessing;

    /// <summary>Opens a model.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="preprocessing">Preprocessing of its images.</param>
    /// <param name="threads">Threads of a run.</param>
    public OnnxClassifier(string path, Preprocessing preprocessing, int threads)
    {
        using SessionOptions options = new()
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        (_session, _preprocessing) = (new InferenceSession(path, options), preprocessing);
    }

    /// <summary>Probabilities of the classes of images.</summary>
    /// <param name="batch">Prepared images (H, W, C).</param>
    public float[][] Predict(IReadOnlyList<float[]> batch)
    {
        float[] images = new float[batch.Count * _preprocessing.Length];
        for (int i = 0; i < batch.Count; i++)
        {
            ChannelsFirst(batch[i], images.AsSpan(i * _preprocessing.Length, _preprocessing.Length));
        }

        using OrtValue input = OrtValue.CreateTensorValueFromMemory(
            images, [batch.Count, _preprocessing.Channels, _preprocessing.Height, _preprocessing.Width]);
        using IDisposableReadOnlyCollection<OrtValue> results =
            _session.Run(_runOptions, _session.InputNames, [input], _session.OutputNames);
        ReadOnlySpan<float> logits = results[0].GetTensorDataAsSpan<float>();
        int classes = logits.Length / batch.Count;
        float[][] rows = new float[batch.Count][];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = new float[classes];
            TensorPrimitives.SoftMax(logits.Slice(i * classes, classes), rows[i]);
        }

        return rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
    }

    private void ChannelsFirst(ReadOnlySpan<float> image, Span<float> destination)
    {
        int pixels = _preprocessing.Height * _preprocessing.Width;
        for (int channel = 0; channel < _preprocessing.Channels; channel++)
        {
            Span<float> plane = destination.Slice(channel * pixels, pixels);
            for (int i = 0; i < plane.Length; i++)
            {
                plane[i] = image[(i * _preprocessing.Channels) + channel];
            }
        }
    }
}
