using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Onnx;

/// <summary>
/// Models as ONNX files, for other runtimes. Each run of a file chooses its own batch; the file of a detector takes one image.
/// </summary>
public static class OnnxExport
{
    // The graph is written for any number of images. This one is prime, so that no other extent is a multiple of it by design.
    private const int Images = 11;

    /// <summary>
    /// Writes a model: from images to logits, to pooled features if it has no head, to boxes, scores, classes and masks, or to the logits
    /// or classes of pixels. The metadata of the file is that of a checkpoint, under the same keys.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">The choices; opset 17, normalised input and no maps of stages where null.</param>
    /// <returns>The files that were written: one, or two where the weights take more than 2 GB.</returns>
    /// <exception cref="OnnxExportException">Something in the network has no form in ONNX files, or it has no such stage.</exception>
    /// <exception cref="UnwritableFileException">A file cannot be written; earlier ones stay.</exception>
    public static IReadOnlyList<string> Write(string path, Model model, OnnxOptions? options = null)
    {
        options ??= new OnnxOptions();
        return Write(Build(model.Network, options), options, model.Info, onnx => OnnxFile.Write(path, onnx, options.MaxBytesInside));
    }

    /// <summary>
    /// Writes a model with everything inside to a stream, as <see cref="Write(string, Model, OnnxOptions?)"/> does to a file.
    /// </summary>
    /// <param name="stream">The stream, which stays open.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">The choices; opset 17, normalised input and no maps of stages where null.</param>
    /// <exception cref="OnnxExportException">
    /// Something in the network has no form in ONNX files, it has no such stage, or its weights take more than 2 GB.
    /// </exception>
    public static void Write(Stream stream, Model model, OnnxOptions? options = null)
    {
        options ??= new OnnxOptions();
        Write(Build(model.Network, options), options, model.Info, onnx => OnnxFile.Write(stream, onnx));
    }

    /// <summary>Writes a graph for inference. Its batch is open if the input names the axis.</summary>
    internal static void Write(string path, ComputeGraph graph, OnnxOptions options) =>
        Write(graph, options, null, onnx => OnnxFile.Write(path, onnx, options.MaxBytesInside));

    private static IReadOnlyList<string> Write(
        ComputeGraph graph, OnnxOptions options, ModelInfo? info, Func<OnnxModel, IReadOnlyList<string>> write)
    {
        options.Validate();
        ExportedGraph source = new(graph);
        using ConstantTensors constants = new(source);
        OnnxWriter writer = new(source, constants, options);
        return write(writer.Finish(info?.Name ?? "graph", info is null ? [] : Checkpoint.Metadata(info)));
    }

    private static ComputeGraph Build(Network network, OnnxOptions options)
    {
        ComputeGraph graph = network.Head switch
        {
            DetectorHead detector => DetectorGraph.Build(network, detector),
            SegmenterHead segmenter when options.ArgMax => SegmenterGraph.Build(network, segmenter, Images),
            _ => InferenceGraph.Build(network, Images),
        };
        if (options.ArgMax && network.Head is not SegmenterHead)
        {
            throw new OnnxExportException("Only a segmentation network has a class for each pixel: leave OnnxOptions.ArgMax false.");
        }

        foreach (string stage in options.Stages)
        {
            if (network.Stages.All(known => known.Name != stage))
            {
                string known = string.Join(", ", network.Stages.Select(description => description.Name));
                throw new OnnxExportException($"The network has no stage '{stage}'; it has {known}.");
            }

            graph.Output(stage, graph.Marks[stage]);
        }

        return graph;
    }
}
