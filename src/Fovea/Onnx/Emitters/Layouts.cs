namespace Fovea.Onnx.Emitters;

/// <summary>Writes changes of shape and order.</summary>
internal static class Layouts
{
    /// <summary>Another shape for the same elements.</summary>
    public static void WriteReshape(ExportStep step, OnnxGraph graph) =>
        graph.Define(step.Result, graph.Reshape(graph.OperandAsBytes(step.Reads[0]), graph.Batch.OpenShape(step.Result)));

    /// <summary>Another order of axes.</summary>
    public static void WritePermute(Permute permute, ExportStep step, OnnxGraph graph) => graph.Define(
        step.Result, graph.Transpose(graph.Operand(step.Reads[0]), [.. Enumerable.Range(0, permute.Axes.Rank).Select(permute.Source)]));

    /// <summary>A value repeated along axes; how often along the batch is told by the input.</summary>
    public static void WriteBroadcast(ExportStep step, OnnxGraph graph)
    {
        long[] shape = graph.Batch.OpenShape(step.Result);
        int axis = Array.IndexOf(shape, -1);
        string target = axis < 0 ? graph.Integers(shape) : WithBatch();
        graph.Define(step.Result, graph.Add("Expand", [graph.Operand(step.Reads[0]), target]));

        string WithBatch()
        {
            string batch = graph.BatchExtent(step.Result.Shape[axis] / BatchAxes.First);
            string[] parts = [.. Part(..axis), batch, .. Part((axis + 1)..)];
            return parts.Length == 1 ? batch : graph.Add("Concat", parts, new OnnxAttribute("axis", 0L));
        }

        string[] Part(Range range) => shape[range].Length == 0 ? [] : [graph.Integers(shape[range])];
    }

    /// <summary>Values one after another.</summary>
    public static void WriteConcat(Concat concat, ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        string[] operands = [.. step.Reads.Select(read => graph.Operand(read, layout))];
        graph.Define(step.Result, graph.Add("Concat", operands, new OnnxAttribute("axis", Axis(concat.Axis, layout))), layout);
    }

    /// <summary>A part of a value.</summary>
    public static void WriteSlice(Slice slice, ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        string x = graph.Operand(step.Reads[0], layout);
        graph.Define(step.Result, graph.Slice(x, Axis(slice.Axis, layout), slice.Start, slice.Length), layout);
    }

    /// <summary>All parts of a value.</summary>
    public static void WriteSplit(SplitIntoParts split, ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        string sizes = graph.Integers([.. step.Results.Select(result => (long)result.Shape[split.Axis])]);
        IReadOnlyList<string> parts = graph.Add(
            "Split", [graph.Operand(step.Reads[0], layout), sizes], step.Results.Count, [new OnnxAttribute("axis", Axis(split.Axis, layout))]);
        for (int i = 0; i < parts.Count; i++)
        {
            graph.Define(step.Results[i], parts[i], layout);
        }
    }

    /// <summary>Zeros around a value.</summary>
    public static void WritePad(Pad pad, ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        int rank = step.Result.Shape.Rank;
        long[] pads = new long[2 * rank];
        long axis = Axis(pad.Axis, layout);
        (pads[axis], pads[axis + rank]) = (pad.Before, pad.After);
        graph.Define(step.Result, graph.Add("Pad", [graph.Operand(step.Reads[0], layout), graph.Integers(pads)], new OnnxAttribute("mode", "constant")), layout);
    }

    /// <summary>Rows of a table.</summary>
    public static void WriteGather(ExportStep step, OnnxGraph graph) => graph.Define(
        step.Result,
        graph.Add("Gather", [graph.Operand(step.Reads[0], role: "table"), graph.Operand(step.Reads[1], role: "indices")], new OnnxAttribute("axis", 0L)));

    /// <summary>Where an axis of the graph's value stands in a layout.</summary>
    public static long Axis(int axis, MapLayout layout) => layout == MapLayout.ChannelsLast ? axis : axis switch
    {
        0 => 0,
        3 => 1,
        _ => axis + 1,
    };
}
