namespace Fovea.Onnx;

/// <summary>
/// Which axis of each value follows the number of images. Shapes of a graph are fixed, so it is told by building the graph for two batches and comparing:
/// an exported file leaves this axis open.
/// </summary>
internal sealed class BatchAxes
{
    /// <summary>Extents that no network has by chance, so that two values never look alike for the batch's sake.</summary>
    public const int First = 11, Second = 13;

    private readonly Dictionary<Value, int> _axes = [];

    /// <summary>Compares two graphs.</summary>
    /// <param name="graph">The graph for batches of <see cref="First"/>.</param>
    /// <param name="other">The same for batches of <see cref="Second"/>.</param>
    /// <exception cref="OnnxExportException">A value depends on the batch in a way that cannot be left open.</exception>
    public BatchAxes(ComputeGraph graph, ComputeGraph other)
    {
        if (graph.Nodes.Count != other.Nodes.Count)
        {
            throw new OnnxExportException("The network builds other operations for another batch, so one file cannot serve all batches.");
        }

        foreach ((Node node, Node twin) in graph.Nodes.Zip(other.Nodes))
        {
            if (node.Operation is IntegerTensor { Elements: int[] elements } && twin.Operation is IntegerTensor table && !elements.AsSpan().SequenceEqual(table.Elements))
            {
                throw new OnnxExportException($"{node}: a table of indices depends on the batch, so one file cannot serve all batches.");
            }

            for (int i = 0; i < node.Outputs.Length; i++)
            {
                if (Axis(node, node.Outputs[i].Shape, twin.Outputs[i].Shape) is int axis)
                {
                    _axes.Add(node.Outputs[i], axis);
                }
            }
        }
    }

    /// <summary>The axis that follows the batch; null where none does.</summary>
    public int? this[Value value] => _axes.TryGetValue(value, out int axis) ? axis : null;

    /// <summary>The shape of a value with −1 for the axis that follows the batch.</summary>
    public long[] OpenShape(Value value) => [.. value.Shape.Select((extent, axis) => this[value] == axis ? -1L : extent)];

    private static int? Axis(Node node, Shape shape, Shape other)
    {
        if (shape.Rank != other.Rank)
        {
            throw new OnnxExportException($"{node}: the number of axes depends on the batch.");
        }

        int[] axes = [.. Enumerable.Range(0, shape.Rank).Where(axis => shape[axis] != other[axis])];
        return axes switch
        {
            [] => null,
            [int axis] when (long)shape[axis] * Second == (long)other[axis] * First => axis,
            _ => throw new OnnxExportException($"{node}: its shape {shape} for {First} images is {other} for {Second}, which no one axis explains."),
        };
    }
}
