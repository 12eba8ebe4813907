namespace Fovea.Onnx.Emitters;

/// <summary>Writes what reads regions of maps.</summary>
internal static class Regions
{
    /// <summary>Pooled regions of a pyramid: those of every level, of which each region keeps its own.</summary>
    public static string RoiAlign(RoiAlign pooling, Emission node)
    {
        OnnxGraph graph = node.Graph;
        int levels = pooling.Scales.Count;
        string regions = node.Values.Operand(node.Inputs[levels], MapLayout.ChannelsLast);
        string index = graph.Reshape(graph.Slice(regions, 1, 0, 1), -1);
        string image = graph.Add("Cast", [graph.Add("Relu", [index])], Type(OnnxElementType.Int64));
        string boxes = graph.Slice(regions, 1, 1, 4);
        string isThere = graph.Add("GreaterOrEqual", [index, graph.Number(0)]);
        string chosen = "";
        if (levels > 1)
        {
            string operand = graph.Reshape(node.Values.Operand(node.Inputs[^1], MapLayout.ChannelsLast), -1);
            chosen = graph.Add("Cast", [operand], Type(OnnxElementType.Int64));
        }

        string pooled = graph.Number(0);
        for (int level = 0; level < levels; level++)
        {
            // Regions of other levels shrink to a point: where samples are as many as pixels, they would take the most time.
            string isOwn = levels == 1 ? isThere : graph.Add("And", [isThere, graph.Add("Equal", [chosen, graph.Integers(level)])]);
            string ownBoxes = graph.Add("Where", [graph.Reshape(isOwn, -1, 1), boxes, graph.Number(0)]);
            string own = graph.Add(
                "RoiAlign",
                [node.Operand(level), ownBoxes, image],
                new OnnxAttribute("output_height", (long)pooling.Height),
                new OnnxAttribute("output_width", (long)pooling.Width),
                new OnnxAttribute("sampling_ratio", (long)pooling.SamplingRatio),
                new OnnxAttribute("spatial_scale", pooling.Scales[level]),
                new OnnxAttribute("coordinate_transformation_mode", pooling.Aligned ? "half_pixel" : "output_half_pixel"));
            pooled = graph.Add("Where", [graph.Reshape(isOwn, -1, 1, 1, 1), own, pooled]);
        }

        return pooled;
    }

    private static OnnxAttribute Type(OnnxElementType type) => new("to", (long)type);
}
