using System.Globalization;

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

    /// <summary>Index of the largest channel; of equal ones the first.</summary>
    public static string LargestLogit(Emission node) => node.Graph.Add(
        "ArgMax", [node.Operand(0)], new OnnxAttribute("axis", node.Axis(3)), new OnnxAttribute("keepdims", 0L));

    /// <summary>A map of another size.</summary>
    public static string Resize(Resize resize, Emission node)
    {
        OnnxGraph graph = node.Graph;
        string x = node.Operand(0);
        if (resize.Interpolation == Interpolation.Area)
        {
            Shape map = node.Node.Inputs[0].Shape;
            string columns = graph.Add("MatMul", [x, Bins(map[2], resize.Width, transposed: true, graph)]);
            return graph.Add("MatMul", [Bins(map[1], resize.Height, transposed: false, graph), columns]);
        }

        string[] operands = [x, "", "", ""];
        if (resize.Scale is (double rows, double width))
        {
            string scales = string.Create(CultureInfo.InvariantCulture, $"scales_{rows:R}_{width:R}");
            operands = [x, "", graph.Numbers(scales, [1, 1, (float)rows, (float)width], 4)];
        }
        else
        {
            string outer = graph.Add("Shape", [x], new OnnxAttribute("start", 0L), new OnnxAttribute("end", 2L));
            operands[3] = graph.Add("Concat", [outer, graph.Integers(resize.Height, resize.Width)], new OnnxAttribute("axis", 0L));
        }

        return resize.Interpolation == Interpolation.Nearest
            ? graph.Add(
                "Resize",
                operands,
                new OnnxAttribute("mode", "nearest"),
                new OnnxAttribute("nearest_mode", "floor"),
                new OnnxAttribute("coordinate_transformation_mode", "asymmetric"))
            : graph.Add(
                "Resize",
                operands,
                new OnnxAttribute("mode", resize.Interpolation == Interpolation.Bicubic ? "cubic" : "linear"),
                new OnnxAttribute("cubic_coeff_a", -0.75f),
                new OnnxAttribute("coordinate_transformation_mode", resize.AlignCorners ? "align_corners" : "half_pixel"));
    }

    /// <summary>
    /// The table of an axis whose bins are averaged: (bins, pixels), or (pixels, bins) where it multiplies from the right.
    /// </summary>
    private static string Bins(int pixels, int bins, bool transposed, OnnxGraph graph)
    {
        float[] table = new float[pixels * bins];
        for (int bin = 0; bin < bins; bin++)
        {
            int first = bin * pixels / bins;
            int end = (((bin + 1) * pixels) + bins - 1) / bins;
            for (int pixel = first; pixel < end; pixel++)
            {
                table[transposed ? (pixel * bins) + bin : (bin * pixels) + pixel] = 1f / (end - first);
            }
        }

        (int rows, int columns) = transposed ? (pixels, bins) : (bins, pixels);
        return graph.Numbers($"bins_{pixels}_{bins}{(transposed ? "_transposed" : "")}", table, rows, columns);
    }
}
