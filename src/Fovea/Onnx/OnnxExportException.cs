namespace Fovea.Onnx;

/// <summary>A network cannot be written as an ONNX file.</summary>
/// <param name="message">What has no form there, and where it stands in the network.</param>
public sealed class OnnxExportException(string message) : FoveaException(message);
