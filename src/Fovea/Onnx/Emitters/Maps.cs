namespace Fovea.Onnx.Emitters;

/// <summary>Writes reductions and what slides over maps or resizes them.</summary>
internal static class Maps
{
    private const int FirstWithAxesAsOperand = 18;

    /// <summary>The sum, mean or largest element along neighbouring axes.</summary>
    public static string Reduction(Reduction reduction, Emission node)
    {
        string x = node.Operand(0);
        if (node.Layout == MapLayout.ChannelsFirst && reduction is { Kind: ReductionKind.Mean, FirstAxis: 1, Axes: 2 })
        {
            return node.Graph.Add("GlobalAveragePool", [x]);
        }

        long[] axes = [.. Enumerable.Range(reduction.FirstAxis, reduction.Axes).Select(node.Axis).Order()];
        string name = $"Reduce{reduction.Kind}";
        return reduction.Kind == ReductionKind.Sum || node.Graph.Opset >= FirstWithAxesAsOperand
            ? node.Graph.Add(name, [x, node.Graph.Integers(axes)])
            : node.Graph.Add(name, [x], new OnnxAttribute("axes", axes));
    }

    /// <summary>The mean or the largest element under windows.</summary>
    public static string Pooling(Pooling pooling, Emission node)
    {
        WindowSpec window = pooling.WindowSpec;
        OnnxAttribute[] attributes =
        [
            new("kernel_shape", (long[])[window.Kernel, window.Kernel]),
            new("strides", (long[])[window.Stride, window.Stride]),
            new("pads", (long[])[window.Padding, window.Padding, window.Padding, window.Padding]),
        ];
        return pooling.Average
            ? node.Graph.Add("AveragePool", [node.Operand(0)], [.. attributes, new("count_include_pad", pooling.CountPadding ? 1L : 0)])
            : node.Graph.Add("MaxPool", [node.Operand(0)], attributes);
    }

    /// <summary>A map of another size.</summary>
    public static string Resize(Resize resize, Emission node)
    {
        OnnxGraph graph = node.Graph;
        string x = node.Operand(0);
        string outer = graph.Add("Shape", [x], new OnnxAttribute("start", 0L), new OnnxAttribute("end", 2L));
        string sizes = graph.Add("Concat", [outer, graph.Integers(resize.Height, resize.Width)], new OnnxAttribute("axis", 0L));
        return graph.Add(
            "Resize",
            [x, "", "", sizes],
            new OnnxAttribute("mode", resize.Interpolation == Interpolation.Bicubic ? "cubic" : "linear"),
            new OnnxAttribute("cubic_coeff_a", -0.75f),
            new OnnxAttribute("coordinate_transformation_mode", resize.AlignCorners ? "align_corners" : "half_pixel"));
    }
}
