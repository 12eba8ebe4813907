using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Onnx;

/// <summary>Networks and graphs as ONNX files, for other runtimes. Each run of a file chooses its own batch.</summary>
public static class OnnxExport
{
    /// <summary>The name of a network's input.</summary>
    public const string Input = "images";

    /// <summary>The name of a classifier's output: (batch, classes).</summary>
    public const string Logits = "logits";

    // Any number above 1 would do: only extents are looked at.
    private const int Images = 11;

    /// <summary>Writes a network with its weights. The metadata of the file is that of a checkpoint, under the same keys.</summary>
    /// <param name="path">The file.</param>
    /// <param name="info">Name, options, classes and preprocessing of the network.</param>
    /// <param name="network">The network, a part of a state that holds the weights.</param>
    /// <param name="options">The choices; opset 17 and normalised input where null.</param>
    /// <returns>The files that were written: one, or two where the weights take more than 2 GB.</returns>
    /// <exception cref="OnnxExportException">Something in the network has no form in ONNX files.</exception>
    /// <exception cref="UnwritableFileException">A file cannot be written; earlier ones stay.</exception>
    public static IReadOnlyList<string> Write(string path, CheckpointInfo info, Network network, OnnxOptions? options = null) =>
        Write(path, Build(network, options), options, info.Model, Checkpoint.Metadata(info));

    /// <summary>Writes a network with its weights to a stream.</summary>
    /// <param name="stream">The stream, which stays open.</param>
    /// <param name="info">Name, options, classes and preprocessing of the network.</param>
    /// <param name="network">The network, a part of a state that holds the weights.</param>
    /// <param name="options">The choices; opset 17 and normalised input where null.</param>
    /// <exception cref="OnnxExportException">Something in the network has no form in ONNX files, or the weights take more than 2 GB.</exception>
    public static void Write(Stream stream, CheckpointInfo info, Network network, OnnxOptions? options = null) =>
        Write(stream, Build(network, options), options, info.Model, Checkpoint.Metadata(info));

    /// <summary>Writes a graph for inference with one input, a map (N, H, W, C). The batch is open if the input names its axis, otherwise fixed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="graph">The graph. Maps stand channels first in the file: (N, C, H, W).</param>
    /// <param name="options">The choices, whose stages are not looked at: the file's outputs are the graph's.</param>
    /// <param name="name">The graph's name.</param>
    /// <param name="metadata">Names and values that the file carries along.</param>
    /// <returns>The files that were written: one, or two where the weights take more than 2 GB.</returns>
    /// <exception cref="OnnxExportException">Something in the graph has no form in ONNX files.</exception>
    /// <exception cref="UnwritableFileException">A file cannot be written; earlier ones stay.</exception>
    public static IReadOnlyList<string> Write(
        string path, ComputeGraph graph, OnnxOptions? options = null, string name = "graph", IReadOnlyDictionary<string, string>? metadata = null)
    {
        options ??= new OnnxOptions();
        return With(graph, options, name, metadata, model => OnnxFile.Write(path, model, options.MaxBytesInside));
    }

    /// <summary>Writes a graph for inference with one input, a map (N, H, W, C), to a stream.</summary>
    /// <param name="stream">The stream, which stays open.</param>
    /// <param name="graph">The graph. Maps stand channels first in the file: (N, C, H, W).</param>
    /// <param name="options">The choices, whose stages are not looked at: the file's outputs are the graph's.</param>
    /// <param name="name">The graph's name.</param>
    /// <param name="metadata">Names and values that the file carries along.</param>
    /// <exception cref="OnnxExportException">Something in the graph has no form in ONNX files, or the weights take more than 2 GB.</exception>
    public static void Write(
        Stream stream, ComputeGraph graph, OnnxOptions? options = null, string name = "graph", IReadOnlyDictionary<string, string>? metadata = null) =>
        With(graph, options ?? new OnnxOptions(), name, metadata, model => OnnxFile.Write(stream, model));

    private static IReadOnlyList<string> With(
        ComputeGraph graph, OnnxOptions options, string name, IReadOnlyDictionary<string, string>? metadata, Func<OnnxModel, IReadOnlyList<string>> write)
    {
        options.Validate();
        ExportedGraph source = new(graph);
        using ConstantTensors constants = new(source);
        return write(new OnnxWriter(source, constants, options).Finish(name, metadata ?? new Dictionary<string, string>()));
    }

    private static ComputeGraph Build(Network network, OnnxOptions? options)
    {
        ComputeGraph graph = new();
        graph.Output(Logits, network.Forward(graph.Input(Input, [Images, network.Height, network.Width, 3], batchAxis: 0)));
        foreach (string stage in options?.Stages ?? [])
        {
            string[] known = [.. network.Stages.Select(description => description.Name)];
            graph.Output(stage, known.Contains(stage)
                ? graph.Marks[stage]
                : throw new OnnxExportException($"The network has no stage '{stage}'; it has {string.Join(", ", known)}."));
        }

        return graph;
    }
}
