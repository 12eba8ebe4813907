namespace Fovea.Onnx;

/// <summary>A network cannot be written as an ONNX file.</summary>
/// <param name="message">What has no form there, and where it stands in the network.</param>
public sealed class OnnxExportException(string message) : FoveaException(message)
{
    /// <summary>The exception for an operation that ONNX has nothing for, or that nobody has written down yet.</summary>
    internal static OnnxExportException NoForm(Node node) => new($"{node}: the operation {node.Operation.Name} has no form in ONNX files.");
}
