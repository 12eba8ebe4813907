using Fovea.Onnx.Passes;

namespace Fovea.Onnx.Emitters;

/// <summary>Writes changes of shape and order.</summary>
internal static class Layouts
{
    /// <summary>Another shape for the same elements.</summary>
    public static string Reshape(Emission node) => node.Graph.Reshape(node.Values.OperandAsBytes(node.Inputs[0]), node.OpenResult);

    /// <summary>Another order of axes.</summary>
    public static string Permute(Permute permute, Emission node) =>
        node.Graph.Transpose(node.Operand(0), [.. Enumerable.Range(0, permute.Axes.Rank).Select(permute.Source)]);

    /// <summary>A value repeated along axes.</summary>
    public static string BroadcastTo(Emission node) => node.Graph.Add("Expand", [node.Operand(0), Extents(node)]);

    /// <summary>A number repeated for each image.</summary>
    public static string Constant(Constant constant, Emission node) =>
        node.Graph.Add("Expand", [node.Graph.Number(constant.Number), Extents(node)]);

    /// <summary>Values one after another.</summary>
    public static string Concat(Concat concat, Emission node) => node.Graph.Add(
        "Concat",
        [.. Enumerable.Range(0, node.Inputs.Length).Select(i => node.Operand(i))],
        new OnnxAttribute("axis", node.Axis(concat.Axis)));

    /// <summary>A part of a value.</summary>
    public static string Slice(Slice slice, Emission node) =>
        node.Graph.Slice(node.Operand(0), node.Axis(slice.Axis), slice.Start, slice.Length);

    /// <summary>All parts of a value.</summary>
    public static IReadOnlyList<string> Split(Split split, Emission node) => node.Graph.Add(
        "Split",
        [node.Operand(0), node.Graph.Integers([.. split.Lengths.Select(length => (long)length)])],
        split.Lengths.Rank,
        [new OnnxAttribute("axis", node.Axis(split.Axis))]);

    /// <summary>Zeros around a value.</summary>
    public static string Pad(Pad pad, Emission node)
    {
        int rank = node.Result.Rank;
        long[] pads = new long[2 * rank];
        long axis = node.Axis(pad.Axis);
        (pads[axis], pads[axis + rank]) = (pad.Before, pad.After);
        return node.Graph.Add("Pad", [node.Operand(0), node.Graph.Integers(pads)], new OnnxAttribute("mode", "constant"));
    }

    /// <summary>Rows of a table.</summary>
    public static string Gather(Emission node) =>
        node.Graph.Add("Gather", [node.Operand(0, "table"), node.Operand(1, "indices")], new OnnxAttribute("axis", 0L));

    /// <summary>The result's shape as a vector, with the batch of the run.</summary>
    private static string Extents(Emission node)
    {
        long[] shape = node.OpenResult;
        int axis = Array.IndexOf(shape, -1);
        if (axis < 0)
        {
            return node.Graph.Integers(shape);
        }

        string batch = node.Graph.BatchExtent(node.Result[axis] / node.Values.Source.Batch.Images);
        string[] parts = [.. Part(..axis), batch, .. Part((axis + 1)..)];
        return parts.Length == 1 ? batch : node.Graph.Add("Concat", parts, new OnnxAttribute("axis", 0L));

        string[] Part(Range range) => shape[range].Length == 0 ? [] : [node.Graph.Integers(shape[range])];
    }
}
