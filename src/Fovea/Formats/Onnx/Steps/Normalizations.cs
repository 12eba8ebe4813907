namespace Fovea.Formats.Onnx.Steps;

/// <summary>Writes normalisations.</summary>
internal static class Normalizations
{
    /// <summary>Layer normalisation over the last axis.</summary>
    public static void WriteLayerNormalization(LayerNormalization normalization, ExportStep step, OnnxGraph graph) => graph.Define(
        step.Result,
        graph.Add(
            "LayerNormalization",
            [graph.Operand(step.Reads[0]), graph.Operand(step.Reads[1], role: "weight"), graph.Operand(step.Reads[2], role: "bias")],
            new OnnxAttribute("axis", -1L),
            new OnnxAttribute("epsilon", normalization.Epsilon)));

    /// <summary>A scale and a shift of channels: a batch normalisation of mean 0 and variance 1, or a product and a sum.</summary>
    public static void WriteScaleAndShift(ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        string map = graph.Operand(step.Reads[0], layout);
        (string scale, string shift) = (graph.Constant(step.Reads[1], "scale_folded"), graph.Constant(step.Reads[2], "shift_folded"));
        if (layout == MapLayout.ChannelsLast)
        {
            graph.Define(step.Result, graph.Add("Add", [graph.Add("Mul", [map, scale]), shift]));
            return;
        }

        int channels = step.Result.Shape.Last;
        float[] ones = new float[channels];
        Array.Fill(ones, 1);
        string mean = graph.Numbers($"zeros_{channels}", new float[channels], channels);
        string variance = graph.Numbers($"ones_{channels}", ones, channels);
        graph.Define(step.Result, graph.Add("BatchNormalization", [map, scale, shift, mean, variance], new OnnxAttribute("epsilon", 0f)), layout);
    }

    /// <summary>Softmax over the last axis.</summary>
    public static void WriteSoftmax(ExportStep step, OnnxGraph graph) =>
        graph.Define(step.Result, graph.Add("Softmax", [graph.Operand(step.Reads[0])], new OnnxAttribute("axis", -1L)));

    /// <summary>Logarithm of the softmax over the last axis.</summary>
    public static void WriteLogSoftmax(ExportStep step, OnnxGraph graph) =>
        graph.Define(step.Result, graph.Add("LogSoftmax", [graph.Operand(step.Reads[0])], new OnnxAttribute("axis", -1L)));
}
