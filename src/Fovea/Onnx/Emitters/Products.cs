namespace Fovea.Onnx.Emitters;

/// <summary>Writes products of maps and tokens with weights.</summary>
internal static class Products
{
    /// <summary>Dense convolution: Conv.</summary>
    public static void WriteConvolution(Convolution convolution, ExportStep step, OnnxGraph graph) =>
        WriteConv(step, graph, graph.Constant(step.Reads[1], "weight_folded", [0, 3, 1, 2]), convolution.WindowSpec, groups: 1);

    /// <summary>Depthwise convolution: Conv of as many groups as there are channels, possibly with several results each.</summary>
    public static void WriteDepthwise(DepthwiseConvolution convolution, ExportStep step, OnnxGraph graph)
    {
        Shape weights = step.Reads[1].Shape;
        string name = graph.Constant(step.Reads[1], "weight_folded", [2, 0, 1], [weights[2], 1, weights[0], weights[1]]);
        WriteConv(step, graph, name, convolution.WindowSpec, step.Reads[0].Shape.Last);
    }

    /// <summary>
    /// Matrix product: where the map has its channels first a 1×1 Conv, of two matrices Gemm, otherwise MatMul.
    /// </summary>
    public static void WriteProduct(MatMul product, ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        (Value left, Value right) = (step.Reads[0], step.Reads[1]);
        int[]? turned = product.TransposeRight ? [1, 0] : null;
        if (layout == MapLayout.ChannelsFirst)
        {
            long outputs = step.Result.Shape.Last;
            string weights = graph.Constant(right, "weight_folded", product.TransposeRight ? null : [1, 0], [outputs, left.Shape.Last, 1, 1]);
            WriteConv(step, graph, weights, new WindowSpec(1), groups: 1);
        }
        else if (left.Shape.Rank == 2 && right.Shape.Rank == 2)
        {
            string[] operands = [graph.Operand(left), graph.Operand(right, role: "weight_folded"), .. Bias(step, graph)];
            graph.Define(step.Result, graph.Add("Gemm", operands, Flag("transA", product.TransposeLeft), Flag("transB", product.TransposeRight)));
        }
        else
        {
            bool isShared = right.Shape.Rank == 2 && graph.IsConstant(right);
            string a = product.TransposeLeft ? graph.Transpose(graph.Operand(left), LastTurned(left.Shape.Rank)) : graph.Operand(left);
            string b = isShared
                ? graph.Constant(right, "weight_folded", turned)
                : product.TransposeRight ? graph.Transpose(graph.Operand(right), LastTurned(right.Shape.Rank)) : graph.Operand(right);
            string result = graph.Add("MatMul", [a, b]);
            graph.Define(step.Result, Bias(step, graph) is [string bias] ? graph.Add("Add", [result, bias]) : result);
        }
    }

    private static void WriteConv(ExportStep step, OnnxGraph graph, string weights, WindowSpec window, int groups)
    {
        string map = graph.Operand(step.Reads[0], MapLayout.ChannelsFirst);
        string result = graph.Add(
            "Conv",
            [map, weights, .. Bias(step, graph)],
            new OnnxAttribute("kernel_shape", Twice(window.Kernel)),
            new OnnxAttribute("strides", Twice(window.Stride)),
            new OnnxAttribute("pads", (long[])[.. Twice(window.Padding), .. Twice(window.Padding)]),
            new OnnxAttribute("dilations", Twice(window.Dilation)),
            new OnnxAttribute("group", (long)groups));
        graph.Define(step.Result, result, MapLayout.ChannelsFirst);
    }

    private static string[] Bias(ExportStep step, OnnxGraph graph) => step.Reads.Count > 2 ? [graph.Constant(step.Reads[2], "bias_folded")] : [];

    private static OnnxAttribute Flag(string name, bool value) => new(name, value ? 1L : 0);

    private static long[] Twice(int number) => [number, number];

    private static int[] LastTurned(int rank) => [.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2];
}
