namespace Fovea.Formats.Onnx;

/// <summary>
/// Chooses the steps that an exported file computes: what the output depends on, apart from what depends on weights alone, with neighbours joined
/// where ONNX has one operator for them.
/// </summary>
internal sealed class Selection
{
    private readonly BatchAxes _batch;
    private readonly HashSet<Value> _constants = [];
    private readonly Dictionary<Value, List<Node>> _readers = [];
    private readonly HashSet<Value> _needed = [];
    private readonly List<ExportStep> _steps = [];

    /// <summary>Walks over a graph.</summary>
    /// <param name="output">The value that is exported.</param>
    /// <param name="batch">Which axes follow the batch.</param>
    public Selection(Value output, BatchAxes batch)
    {
        _batch = batch;
        FindConstants(output.Graph);
        FindReaders(output);
        _needed.Add(output);
        foreach (Node node in output.Graph.Nodes.Reverse())
        {
            if (node.Outputs.Any(_needed.Contains) && !IsConstant(node.Outputs[0]) && node.Operation is not Input)
            {
                Select(node);
            }
        }

        _steps.Reverse();
    }

    /// <summary>The steps, operands first.</summary>
    public IReadOnlyList<ExportStep> Steps => _steps;

    /// <summary>Whether a value is written into the file: it depends on weights alone, and not on the batch.</summary>
    public bool IsConstant(Value value) => _constants.Contains(value);

    private void FindConstants(ComputeGraph graph)
    {
        HashSet<Node> independent = [];
        foreach (Node node in graph.Nodes)
        {
            if (node.Operation is not Input && node.Inputs.All(input => independent.Contains(input.Producer)))
            {
                independent.Add(node);

                // Codes repeated for each image are repeated by the file, too.
                _constants.UnionWith(node.Outputs.Where(value => _batch[value] is null));
            }
        }
    }

    private void FindReaders(Value output)
    {
        HashSet<Value> reached = [output];
        foreach (Node node in output.Graph.Nodes.Reverse().Where(node => node.Outputs.Any(reached.Contains)))
        {
            foreach (Value input in node.Inputs)
            {
                reached.Add(input);
                (_readers.TryGetValue(input, out List<Node>? readers) ? readers : _readers[input] = []).Add(node);
            }
        }
    }

    private void Select(Node node)
    {
        ExportStep step = WithBias(node) ?? AsScaleAndShift(node) ?? AsSplit(node) ?? new ExportStep(node.Operation, node, node.Inputs, node.Outputs);
        step = step.Operation switch
        {
            DepthwiseConvolution => WithRepeatedChannels(step),
            MatMul product => WithScaleAndShift(product, step),
            _ => step,
        };
        if (step.Operation is SplitIntoParts && !ReferenceEquals(node, _readers[step.Reads[0]].MinBy(reader => reader.Index)))
        {
            // All parts are cut where the first one is.
            _needed.UnionWith(step.Reads);
            return;
        }

        _steps.Add(step);
        _needed.UnionWith(step.Reads);
    }

    /// <summary>A product and the vector that is added to it.</summary>
    private ExportStep? WithBias(Node node)
    {
        if (node.Operation is Binary { Kind: BinaryKind.Add }
            && node.Inputs[0].Producer is { Operation: LinearOperation } product
            && OnlyReader(product.Outputs[0]) is not null
            && IsConstant(product.Inputs[1])
            && (product.Operation is not MatMul || product.Inputs[1].Shape.Rank == 2)
            && IsVector(node.Inputs[1], node.Outputs[0].Shape.Last))
        {
            return new ExportStep(product.Operation, product, [.. product.Inputs, node.Inputs[1]], node.Outputs);
        }

        return null;
    }

    private ExportStep? AsScaleAndShift(Node node)
    {
        Shape shape = node.Outputs[0].Shape;
        return node.Operation is Binary { Kind: BinaryKind.Add }
            && shape.Rank == 4
            && node.Inputs[0].Producer is { Operation: Binary { Kind: BinaryKind.Multiply } } scaling
            && OnlyReader(scaling.Outputs[0]) is not null
            && scaling.Inputs[0].Shape.Equals(shape)
            && IsVector(scaling.Inputs[1], shape.Last)
            && IsVector(node.Inputs[1], shape.Last)
            ? new ExportStep(new ScaleAndShift(), node, [.. scaling.Inputs, node.Inputs[1]], node.Outputs)
            : null;
    }

    private ExportStep? AsSplit(Node node)
    {
        if (node.Operation is not Slice { Axis: int axis })
        {
            return null;
        }

        Value whole = node.Inputs[0];
        List<Node> parts = [.. _readers[whole].Where(reader => reader.Operation is Slice slice && slice.Axis == axis).OrderBy(reader => ((Slice)reader.Operation).Start)];
        int end = 0;
        foreach (Node part in parts)
        {
            Slice slice = (Slice)part.Operation;
            if (slice.Start != end)
            {
                return null;
            }

            end += slice.Length;
        }

        return end == whole.Shape[axis] && parts.Count == _readers[whole].Count
            ? new ExportStep(new SplitIntoParts(axis), node, [whole], [.. parts.Select(part => part.Outputs[0])])
            : null;
    }

    /// <summary>A depthwise convolution of channels that were repeated is one of groups with several results, and reads the channels as they were.</summary>
    private static ExportStep WithRepeatedChannels(ExportStep step) =>
        step.Reads[0].Producer is { Operation: Reshape } joined
        && joined.Inputs[0].Producer is { Operation: BroadcastTo { Target: { Rank: 5 } target } } repeated
        && repeated.Inputs[0].Producer is { Operation: Reshape } apart
        && apart.Inputs[0].Shape is { Rank: 4 } map
        && apart.Outputs[0].Shape.Equals([.. map, 1])
        && target.Equals([.. map, target.Last])
        && joined.Outputs[0].Shape.Equals(map.With(-1, map.Last * target.Last))
            ? step with { Reads = [apart.Inputs[0], .. step.Reads.Skip(1)] }
            : step;

    /// <summary>A product with weights and a scale and shift in front of it: (x·s + t)·W + b = x·(s·W) + (t·W + b), both constants.</summary>
    private ExportStep WithScaleAndShift(MatMul product, ExportStep step)
    {
        (Value map, Value weights) = (step.Reads[0], step.Reads[1]);
        if (product.TransposeLeft
            || weights.Shape.Rank != 2
            || !IsConstant(weights)
            || OnlyReader(map) is null
            || AsScaleAndShift(map.Producer) is not ExportStep before)
        {
            return step;
        }

        (Value scale, Value shift) = (before.Reads[1], before.Reads[2]);
        using IDisposable path = map.Graph.EnterPath(step.Node.Path);
        int channels = map.Shape.Last;
        Value scaled = weights * scale.Reshape(product.TransposeRight ? [1, channels] : [channels, 1]);
        Value bias = shift.Reshape([1, channels]).MatMul(weights, transposeRight: product.TransposeRight).Reshape([step.Result.Shape.Last]);
        bias = step.Reads.Count > 2 ? bias + step.Reads[2] : bias;
        _constants.Add(scaled);
        _constants.Add(bias);
        return step with { Reads = [before.Reads[0], scaled, bias] };
    }

    private Node? OnlyReader(Value value) => _readers.GetValueOrDefault(value) is [Node only] ? only : null;

    private bool IsVector(Value value, int channels) => IsConstant(value) && value.Shape.Rank == 1 && value.Shape[0] == channels;
}
