namespace Fovea.Onnx.Emitters;

/// <summary>Writes normalisations.</summary>
internal static class Normalizations
{
    /// <summary>Layer normalisation over the last axis.</summary>
    public static string LayerNormalization(LayerNormalization normalization, Emission node) => node.Graph.Add(
        "LayerNormalization",
        [node.Operand(0), node.Operand(1, "weight"), node.Operand(2, "bias")],
        new OnnxAttribute("axis", -1L),
        new OnnxAttribute("epsilon", normalization.Epsilon));

    /// <summary>A scale and a shift of channels: a batch normalisation of mean 0 and variance 1, or a product and a sum.</summary>
    public static string ScaleShift(Emission node)
    {
        OnnxGraph graph = node.Graph;
        string map = node.Operand(0);
        (string scale, string shift) = (node.Constant(1, "scale_folded"), node.Constant(2, "shift_folded"));
        if (node.Layout == MapLayout.ChannelsLast)
        {
            return graph.Add("Add", [graph.Add("Mul", [map, scale]), shift]);
        }

        int channels = node.Result.Last;
        string mean = graph.Numbers($"zeros_{channels}", new float[channels], channels);
        string variance = graph.Numbers($"ones_{channels}", [.. Enumerable.Repeat(1f, channels)], channels);
        return graph.Add("BatchNormalization", [map, scale, shift, mean, variance], new OnnxAttribute("epsilon", 0f));
    }

    /// <summary>Softmax over the last axis.</summary>
    public static string Softmax(Emission node) => node.Graph.Add("Softmax", [node.Operand(0)], new OnnxAttribute("axis", -1L));

    /// <summary>Logarithm of the softmax over the last axis.</summary>
    public static string LogSoftmax(Emission node) => node.Graph.Add("LogSoftmax", [node.Operand(0)], new OnnxAttribute("axis", -1L));
}
