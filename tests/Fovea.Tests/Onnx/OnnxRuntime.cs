using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Fovea.Tests.Onnx;

/// <summary>ONNX Runtime on one thread: what exported files are held against.</summary>
internal static class OnnxRuntime
{
    /// <summary>Runs a model and gives the elements and the shape of an output, the first where none is named.</summary>
    public static (float[] Elements, int[] Shape) Run<T>(string model, T[] input, int[] shape, string? output = null)
        where T : unmanaged
    {
        using InferenceSession session = Open(model);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results =
            session.Run([Images(session, input, shape)], [output ?? session.OutputNames[0]]);
        Tensor<float> result = results[0].AsTensor<float>();
        return (result.ToArray(), result.Dimensions.ToArray());
    }

    /// <summary>Runs a model and gives all outputs by name: arrays of floats or of 64-bit integers.</summary>
    public static Dictionary<string, Array> RunAll<T>(string model, T[] input, int[] shape)
        where T : unmanaged
    {
        using InferenceSession session = Open(model);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run([Images(session, input, shape)]);
        return results.ToDictionary(
            result => result.Name,
            result => result.ElementType == TensorElementType.Int64
                ? (Array)result.AsTensor<long>().ToArray()
                : result.AsTensor<float>().ToArray());
    }

    private static NamedOnnxValue Images<T>(InferenceSession session, T[] input, int[] shape)
        where T : unmanaged => NamedOnnxValue.CreateFromTensor(session.InputNames[0], new DenseTensor<T>(input, shape));

    private static InferenceSession Open(string model)
    {
        using SessionOptions options = new()
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        return new InferenceSession(model, options);
    }
}
