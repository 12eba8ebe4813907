using System.Runtime.InteropServices;
using Fovea.Engine.Execution;

namespace Fovea.Onnx;

/// <summary>The contents of a file's constants: weights as they lie, and what is computed from weights alone.</summary>
/// <param name="graph">The graph that is written.</param>
internal sealed class ConstantTensors(ExportedGraph graph) : IDisposable
{
    private const int ChunkElements = 1 << 14;

    private readonly ConstantValues _values = new(
        [.. graph.Nodes.SelectMany(node => node.Inputs).Concat(graph.Graph.Outputs.Values)
            .Where(value => graph.IsConstant(value) && value.Producer.Operation is not IntegerTensor).Distinct()]);

    /// <summary>The key under which checkpoints know a value; null where it is computed from weights.</summary>
    public static string? NameOf(Value value) => value.Producer switch
    {
        { Operation: ReadVariable read } => read.Variable.Name,
        { Operation: Reshape } reshape => NameOf(reshape.Inputs[0]),
        _ => null,
    };

    /// <summary>A value as a constant of the file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">The value.</param>
    /// <param name="order">For each axis of the result the axis of the value, or null.</param>
    /// <param name="shape">The shape to write, or null for the (reordered) value's own.</param>
    public OnnxTensor Tensor(string name, Value value, int[]? order, long[]? shape)
    {
        int[] axes = order ?? [.. Enumerable.Range(0, value.Shape.Rank)];
        long[] extents = shape ?? [.. axes.Select(axis => (long)value.Shape[axis])];
        return value.Producer.Operation is IntegerTensor table
            ? new OnnxTensor(name, OnnxElementType.Int64, extents, stream => stream.Write(MemoryMarshal.AsBytes<long>([.. table.Elements])))
            : new OnnxTensor(name, OnnxElementType.Float, extents, stream => Write(stream, _values[value], value.Shape, axes));
    }

    /// <summary>Frees the computed values: no tensor can be written afterwards.</summary>
    public void Dispose() => _values.Dispose();

    /// <summary>Writes elements in the order of the reordered axes, a chunk at a time.</summary>
    private static void Write(Stream stream, ReadOnlySpan<float> elements, Shape shape, int[] axes)
    {
        if (axes.SequenceEqual(Enumerable.Range(0, axes.Length)))
        {
            stream.Write(MemoryMarshal.AsBytes(elements));
            return;
        }

        int[] strides = new int[axes.Length];
        for (int axis = axes.Length - 1, stride = 1; axis >= 0; stride *= shape[axis--])
        {
            strides[Array.IndexOf(axes, axis)] = stride;
        }

        float[] chunk = new float[ChunkElements];
        int[] place = new int[axes.Length];
        int filled = 0;
        for (int i = 0, source = 0; i < elements.Length; i++)
        {
            chunk[filled++] = elements[source];
            if (filled == chunk.Length || i == elements.Length - 1)
            {
                stream.Write(MemoryMarshal.AsBytes(chunk.AsSpan(0, filled)));
                filled = 0;
            }

            for (int axis = axes.Length - 1; axis >= 0; axis--)
            {
                source += strides[axis];
                if (++place[axis] < shape[axes[axis]])
                {
                    break;
                }

                source -= place[axis] * strides[axis];
                place[axis] = 0;
            }
        }
    }
}
