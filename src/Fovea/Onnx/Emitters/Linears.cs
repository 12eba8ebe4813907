using Fovea.Onnx.Passes;

namespace Fovea.Onnx.Emitters;

/// <summary>Writes convolutions and matrix products. A third operand is a bias.</summary>
internal static class Linears
{
    /// <summary>A dense convolution: Conv.</summary>
    public static string Convolution(Convolution convolution, Emission node) =>
        Conv(node, node.Constant(1, "weight_folded", [0, 3, 1, 2]), convolution.WindowSpec, groups: 1);

    /// <summary>A depthwise convolution: Conv with a group for each channel.</summary>
    public static string Depthwise(DepthwiseConvolution convolution, Emission node) => Depthwise(convolution.WindowSpec, node);

    /// <summary>A depthwise convolution with several results per channel: Conv with a group for each channel of the operand.</summary>
    public static string ChannelMultiplying(ChannelMultiplyingConvolution convolution, Emission node) =>
        Depthwise(convolution.WindowSpec, node);

    /// <summary>A matrix product: a 1×1 Conv where the map has its channels first, Gemm for two matrices, otherwise MatMul.</summary>
    public static string MatMul(MatMul product, Emission node)
    {
        (Shape left, Shape right) = (node.Inputs[0].Shape, node.Inputs[1].Shape);
        if (node.Layout == MapLayout.ChannelsFirst)
        {
            string weights = node.Constant(1, "weight_folded", product.TransposeRight ? null : [1, 0], [node.Result.Last, left.Last, 1, 1]);
            return Conv(node, weights, new WindowSpec(1), groups: 1);
        }

        if (left.Rank == 2 && right.Rank == 2)
        {
            return node.Graph.Add(
                "Gemm",
                [node.Operand(0), node.Operand(1, "weight_folded"), .. Bias(node)],
                Flag("transA", product.TransposeLeft),
                Flag("transB", product.TransposeRight));
        }

        string a = product.TransposeLeft ? TransposeLast(node.Operand(0), left.Rank, node.Graph) : node.Operand(0);
        string b = !product.TransposeRight ? node.Operand(1, "weight_folded")
            : right.Rank == 2 && node.IsConstant(1) ? node.Constant(1, "weight_folded", [1, 0])
            : TransposeLast(node.Operand(1), right.Rank, node.Graph);
        string result = node.Graph.Add("MatMul", [a, b]);
        return Bias(node) is [string bias] ? node.Graph.Add("Add", [result, bias]) : result;
    }

    private static string Depthwise(WindowSpec window, Emission node)
    {
        Shape weights = node.Inputs[1].Shape;
        string name = node.Constant(1, "weight_folded", [2, 0, 1], [weights[2], 1, weights[0], weights[1]]);
        return Conv(node, name, window, node.Inputs[0].Shape.Last);
    }

    private static string Conv(Emission node, string weights, WindowSpec window, int groups) => node.Graph.Add(
        "Conv",
        [node.Operand(0), weights, .. Bias(node)],
        new OnnxAttribute("kernel_shape", Twice(window.Kernel)),
        new OnnxAttribute("strides", Twice(window.Stride)),
        new OnnxAttribute("pads", (long[])[.. Twice(window.Padding), .. Twice(window.Padding)]),
        new OnnxAttribute("dilations", Twice(window.Dilation)),
        new OnnxAttribute("group", (long)groups));

    private static string[] Bias(Emission node) => node.Inputs.Length > 2 ? [node.Constant(2, "bias_folded")] : [];

    private static OnnxAttribute Flag(string name, bool value) => new(name, value ? 1L : 0);

    private static long[] Twice(int number) => [number, number];

    private static string TransposeLast(string source, int rank, OnnxGraph graph) =>
        graph.Transpose(source, [.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2]);
}
