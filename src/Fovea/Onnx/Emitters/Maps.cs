namespace Fovea.Onnx.Emitters;

/// <summary>Writes reductions and what slides over maps or resizes them.</summary>
internal static class Maps
{
    private const int FirstWithAxesAsOperand = 18;

    /// <summary>Sum, mean or largest element along neighbouring axes.</summary>
    public static void WriteReduction(Reduction reduction, ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        string x = graph.Operand(step.Reads[0], layout);
        if (layout == MapLayout.ChannelsFirst && reduction is { Kind: ReductionKind.Mean, FirstAxis: 1, Axes: 2 })
        {
            graph.Define(step.Result, graph.Add("GlobalAveragePool", [x]), layout);
            return;
        }

        long[] axes = [.. Enumerable.Range(reduction.FirstAxis, reduction.Axes).Select(axis => Layouts.Axis(axis, layout)).Order()];
        string name = $"Reduce{reduction.Kind}";
        bool asOperand = reduction.Kind == ReductionKind.Sum || graph.Opset >= FirstWithAxesAsOperand;
        graph.Define(
            step.Result,
            asOperand ? graph.Add(name, [x, graph.Integers(axes)]) : graph.Add(name, [x], new OnnxAttribute("axes", axes)),
            layout);
    }

    /// <summary>Mean or largest element under windows.</summary>
    public static void WritePooling(Pooling pooling, ExportStep step, OnnxGraph graph)
    {
        WindowSpec window = pooling.WindowSpec;
        List<OnnxAttribute> attributes =
        [
            new("kernel_shape", (long[])[window.Kernel, window.Kernel]),
            new("strides", (long[])[window.Stride, window.Stride]),
            new("pads", (long[])[window.Padding, window.Padding, window.Padding, window.Padding]),
        ];
        if (pooling.Average)
        {
            attributes.Add(new("count_include_pad", pooling.CountPadding ? 1L : 0));
        }

        string x = graph.Operand(step.Reads[0], MapLayout.ChannelsFirst);
        graph.Define(step.Result, graph.Add(pooling.Average ? "AveragePool" : "MaxPool", [x], attributes), MapLayout.ChannelsFirst);
    }

    /// <summary>A map of another size.</summary>
    public static void WriteResample(Resize resample, ExportStep step, OnnxGraph graph)
    {
        string x = graph.Operand(step.Reads[0], MapLayout.ChannelsFirst);
        string outer = graph.Add("Shape", [x], new OnnxAttribute("start", 0L), new OnnxAttribute("end", 2L));
        string sizes = graph.Add("Concat", [outer, graph.Integers(resample.Height, resample.Width)], new OnnxAttribute("axis", 0L));
        string y = graph.Add(
            "Resize",
            [x, "", "", sizes],
            new OnnxAttribute("mode", resample.Interpolation == Interpolation.Bicubic ? "cubic" : "linear"),
            new OnnxAttribute("cubic_coeff_a", -0.75f),
            new OnnxAttribute("coordinate_transformation_mode", resample.AlignCorners ? "align_corners" : "half_pixel"));
        graph.Define(step.Result, y, MapLayout.ChannelsFirst);
    }
}
