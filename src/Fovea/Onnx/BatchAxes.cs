using Fovea.Engine.Compile.Passes;
using Fovea.Onnx.Passes;

namespace Fovea.Onnx;

/// <summary>
/// The place of the batch in the shape of a value: a part of one axis's extent, which is a multiple of the number of images.
/// </summary>
/// <param name="Axis">The axis.</param>
/// <param name="Inner">The extent inside one image along the axis: 1 for (N, …), the number of groups for (N·groups, …).</param>
internal readonly record struct BatchAxis(int Axis, long Inner);

/// <summary>
/// Follows the batch from the input through a graph. Extents of a graph are fixed, and a file leaves the one open along which images are
/// independent: each operation is asked where its result holds the axis that its operand holds. A constant that is repeated for each image
/// is known by what it meets.
/// </summary>
internal sealed class BatchAxes
{
    private readonly Dictionary<Value, BatchAxis> _axes = [];
    private readonly Dictionary<Value, BatchAxis> _possible = [];

    /// <summary>Follows the batch.</summary>
    /// <param name="graph">A graph; its batch is open where its input names an axis for it.</param>
    /// <param name="uses">The uses of the graph's values.</param>
    /// <exception cref="OnnxExportException">An operation mixes the images of a batch.</exception>
    public BatchAxes(ComputeGraph graph, UseInfo uses)
    {
        foreach (Value input in graph.Inputs.Values)
        {
            if (((Input)input.Producer.Operation).BatchAxis is int axis)
            {
                Images = input.Shape[axis];
                _axes.Add(input, new BatchAxis(axis, 1));
            }
        }

        if (_axes.Count > 0)
        {
            if (Images == 1)
            {
                throw new OnnxExportException("One image looks like any axis of extent 1. Build the graph for two images or more.");
            }

            foreach (Node node in graph.Nodes.Where(node => uses.IsNeeded(node) && node.Operation is not Input))
            {
                Follow(node);
            }
        }
    }

    /// <summary>The number of images that the graph was built for; 0 where its batch is fixed.</summary>
    public int Images { get; }

    /// <summary>The axis that grows with the batch; null where none does.</summary>
    public int? this[Value value] => _axes.TryGetValue(value, out BatchAxis at) ? at.Axis : null;

    /// <summary>The shape of a value with −1 for the axis that grows with the batch.</summary>
    public long[] OpenShape(Value value) => [.. value.Shape.Select((extent, axis) => this[value] == axis ? -1L : extent)];

    private void Follow(Node node)
    {
        bool isCertain = node.Inputs.Any(_axes.ContainsKey);
        Dictionary<Value, BatchAxis> known = isCertain ? _axes : _possible;
        int[] carriers = Carriers(node, known);
        int[] holders = [.. carriers.Where(i => known.ContainsKey(node.Inputs[i]))];
        BatchAxis?[] found = [.. holders.Select(i => Move(node, i, known[node.Inputs[i]])).Distinct()];
        if (found is [BatchAxis at]
            && carriers.Except(holders).All(i => Fits(node, i, at))
            && !node.Inputs.Where((value, i) => !carriers.Contains(i) && _axes.ContainsKey(value)).Any())
        {
            if (isCertain)
            {
                Confirm(node, at);
            }

            int extent = node.Outputs[0].Shape[at.Axis];
            foreach (Value result in node.Outputs.Where(result => at.Axis < result.Shape.Rank && result.Shape[at.Axis] == extent))
            {
                known.Add(result, at);
            }
        }
        else if (isCertain)
        {
            throw new OnnxExportException(
                $"{node}: one file serves batches of any size, and in the result {node.Outputs[0].Shape} "
                + $"of {string.Join(" and ", node.Inputs)} no one axis grows with the batch. Keep images apart along one axis.");
        }
        else if (found is [] && RepeatedAxis(node) is int axis)
        {
            _possible.Add(node.Outputs[0], new BatchAxis(axis, 1));
        }
    }

    /// <summary>The operands that may hold the batch; others, such as weights, are the same for all images.</summary>
    private static int[] Carriers(Node node, Dictionary<Value, BatchAxis> known)
    {
        switch (node.Operation)
        {
            case Unary or Binary or Power or Where or Concat:
                return [.. Enumerable.Range(0, node.Inputs.Length)];
            case MatMul:
                // Rows of the left operand are multiplied by the same right operand.
                bool areRows = known.TryGetValue(node.Inputs[0], out BatchAxis left) && left.Axis == node.Inputs[0].Shape.Rank - 2;
                return areRows || node.Inputs[1].Shape.Rank == 2 ? [0] : [0, 1];
            case Attention { BiasParts: var parts } when parts.HasFlag(AttentionBiasParts.Relative):
                return parts.HasFlag(AttentionBiasParts.Table) ? [0, 1, 2, 4, 5] : [0, 1, 2, 3, 4];
            case Attention:
                return [0, 1, 2];
            default:
                return node.Inputs.IsEmpty ? [] : [0];
        }
    }

    /// <summary>The number of leading axes of the result whose entries depend on the same entries of an operand alone.</summary>
    private static int IndependentAxes(Node node, int operand, int rank) => node.Operation switch
    {
        Unary or Binary or Power or Where or BroadcastTo or Concat or Slice or Split or Pad or Reduction => rank,
        Softmax or LogSoftmax or LayerNormalization or ScaleShift => rank - 1,
        MatMul product => operand == 0 && !product.TransposeLeft ? rank - 1 : rank - 2,
        Convolution or DepthwiseConvolution or ChannelMultiplyingConvolution or Pooling or Resize or Attention => 1,
        _ => 0,
    };

    /// <summary>The place of the batch in a node's result, from its place in an operand; null where it is lost.</summary>
    private BatchAxis? Move(Node node, int operand, BatchAxis at)
    {
        (Shape from, Shape to) = (node.Inputs[operand].Shape, node.Outputs[0].Shape);
        switch (node.Operation)
        {
            case Reshape:
                return Regroup(from, to, at);
            case Permute permute:
                return at with { Axis = Enumerable.Range(0, to.Rank).First(axis => permute.Source(axis) == at.Axis) };
            case LargestLogit:
                return at;
            case Attention { BiasParts: var parts } when parts.HasFlag(AttentionBiasParts.Mask) && at.Inner % node.Inputs[^1].Shape[0] != 0:
                return null;
            default:
                // Operands are aligned at the innermost axis. An axis along which entries are joined, cut or added has another extent.
                int axis = at.Axis + to.Rank - from.Rank;
                return axis < IndependentAxes(node, operand, to.Rank) && to[axis] == from[at.Axis] ? at with { Axis = axis } : null;
        }
    }

    /// <summary>True for an operand that is the same for all images, or that is repeated for each.</summary>
    private bool Fits(Node node, int operand, BatchAxis at)
    {
        Shape shape = node.Inputs[operand].Shape;
        int axis = at.Axis - node.Outputs[0].Shape.Rank + shape.Rank;
        return axis < 0 || shape[axis] == 1 || IsRepeated(node, operand, at);
    }

    /// <summary>
    /// Makes the batch of the constants that bring it to a node's result, and of what they are computed from, a certain one.
    /// </summary>
    private void Confirm(Node node, BatchAxis at)
    {
        foreach (int i in Carriers(node, _possible))
        {
            if (IsRepeated(node, i, at) && _possible.Remove(node.Inputs[i], out BatchAxis own))
            {
                _axes.Add(node.Inputs[i], own);
                Confirm(node.Inputs[i].Producer, own);
            }
        }
    }

    private bool IsRepeated(Node node, int operand, BatchAxis at) =>
        _possible.TryGetValue(node.Inputs[operand], out BatchAxis own) && Move(node, operand, own) == at;

    /// <summary>
    /// Elements keep their order in a reshape, so the distance between neighbouring images stays. The axis that holds the batch is the one
    /// whose entries divide that distance, and whose extent reaches beyond all images.
    /// </summary>
    private BatchAxis? Regroup(Shape from, Shape to, BatchAxis at)
    {
        long distance = at.Inner * from.Strides()[at.Axis];
        long[] strides = to.Strides();
        for (int axis = 0; axis < to.Rank; axis++)
        {
            if (distance % strides[axis] == 0 && strides[axis] * to[axis] % (distance * Images) == 0)
            {
                return new BatchAxis(axis, distance / strides[axis]);
            }
        }

        return null;
    }

    /// <summary>The axis along which a node repeats a constant as often as there are images; null for all other nodes.</summary>
    private int? RepeatedAxis(Node node)
    {
        Shape shape = node.Outputs[0].Shape;
        int missing = node.Inputs is [Value operand] ? shape.Rank - operand.Shape.Rank : shape.Rank;
        int axis = node.Operation is BroadcastTo or Constant
            ? Array.FindIndex(shape.ToArray(), extent => extent == Images)
            : -1;
        return axis >= 0 && (axis < missing || node.Inputs[0].Shape[axis - missing] == 1) ? axis : null;
    }
}
