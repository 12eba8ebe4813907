using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Formats.Onnx;
using Fovea.Models;

namespace Fovea.Tasks;

/// <summary>Networks as ONNX files, for other runtimes.</summary>
public static class OnnxExport
{
    /// <summary>The name of the file's output: (batch, classes).</summary>
    public const string Output = "logits";

    /// <summary>Writes a network with its weights. What checkpoints say about a model stands in the file's metadata under the same keys.</summary>
    /// <param name="path">The file.</param>
    /// <param name="info">What the weights are.</param>
    /// <param name="network">The network, a part of a state that holds the weights.</param>
    /// <param name="options">What is to be chosen; opset 17 and normalised input where null.</param>
    /// <returns>The files that were written: one, or two where the weights take more than 2 GB.</returns>
    /// <exception cref="OnnxExportException">Something in the network has no form in ONNX files.</exception>
    /// <exception cref="UnwritableFileException">A file cannot be written; earlier ones stay.</exception>
    public static IReadOnlyList<string> Write(string path, ModelInfo info, Network network, OnnxOptions? options = null) =>
        OnnxExporter.Write(path, batch => Build(network, batch), options ?? new OnnxOptions(), info.Name, Checkpoint.Metadata(info));

    private static ComputeGraph Build(Network network, int batch)
    {
        ComputeGraph graph = new();
        graph.Output(Output, network.Forward(graph.Input(OnnxExporter.Input, [batch, network.Height, network.Width, 3])));
        foreach (StageDescription stage in network.Stages)
        {
            graph.Output(stage.Name, graph.Marks[stage.Name]);
        }

        return graph;
    }
}
