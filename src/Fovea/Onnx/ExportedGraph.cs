using Fovea.Engine.Compile.Passes;
using Fovea.Onnx.Passes;

namespace Fovea.Onnx;

/// <summary>
/// A graph made ready for ONNX: passes join what ONNX has one operator for, and each value is either computed by runs of the file or a
/// constant of it.
/// </summary>
internal sealed class ExportedGraph
{
    private static readonly Func<GraphRewriter>[] _passes =
    [
        () => new FoldAffineIntoLinear(),
        () => new FuseRepeatedChannels(),
        () => new FuseBias(),
        () => new FuseScaleShift(),
        () => new FoldScaleShift(),
        () => new FuseSlices(),
    ];

    private readonly UseInfo _uses;

    /// <summary>Runs the passes and follows the batch.</summary>
    /// <param name="graph">A graph for inference with one input, a map (N, H, W, C).</param>
    /// <exception cref="OnnxExportException">The graph is another one, or something in it has no form in ONNX files.</exception>
    public ExportedGraph(ComputeGraph graph)
    {
        if (graph.Training || graph.Outputs.Count == 0 || graph.Inputs.Count != 1 || graph.Inputs.Values.Single().Shape.Rank != 4)
        {
            throw new OnnxExportException("A file is written from a graph for inference with one input, a map (N, H, W, C), and outputs.");
        }

        Graph = _passes.Aggregate(graph, (source, pass) => pass().Run(source));
        _uses = new UseInfo(Graph);
        Batch = new BatchAxes(Graph, _uses);
        Nodes = [.. Graph.Nodes.Where(node => _uses.IsNeeded(node) && node.Operation is not Input && !IsConstant(node.Outputs[0]))];
    }

    /// <summary>The graph behind the passes.</summary>
    public ComputeGraph Graph { get; }

    /// <summary>The axes that grow with the batch.</summary>
    public BatchAxes Batch { get; }

    /// <summary>The nodes that each run of the file computes, operands first.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>True for a value that another node takes as an operand.</summary>
    public bool IsRead(Value value) => _uses.Consumers(value).Any(_uses.IsNeeded);

    /// <summary>True for a value that stands in the file: it depends on weights alone, and is not repeated for each image.</summary>
    public bool IsConstant(Value value) => _uses.IsConstant(value) && Batch[value] is null;
}
