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
        using SessionOptions options = new()
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        using InferenceSession session = new(model, options);
        NamedOnnxValue images = NamedOnnxValue.CreateFromTensor(session.InputNames[0], new DenseTensor<T>(input, shape));
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results =
            session.Run([images], [output ?? session.OutputNames[0]]);
        Tensor<float> result = results[0].AsTensor<float>();
        return (result.ToArray(), result.Dimensions.ToArray());
    }
}
