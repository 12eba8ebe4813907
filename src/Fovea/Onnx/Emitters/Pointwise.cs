namespace Fovea.Onnx.Emitters;

/// <summary>Writes element-wise operations.</summary>
internal static class Pointwise
{
    private const int FirstWithGelu = 20;

    /// <summary>A function of each element.</summary>
    public static string Unary(Unary unary, Emission node)
    {
        OnnxGraph graph = node.Graph;
        string x = node.Operand(0);
        return unary.Kind switch
        {
            UnaryKind.Negate => graph.Add("Neg", [x]),
            UnaryKind.Exp => graph.Add("Exp", [x]),
            UnaryKind.Log => graph.Add("Log", [x]),
            UnaryKind.Sqrt => graph.Add("Sqrt", [x]),
            UnaryKind.ReciprocalSqrt => graph.Add("Reciprocal", [graph.Add("Sqrt", [x])]),
            UnaryKind.Gelu => Gelu(x, graph),
            UnaryKind.Relu => graph.Add("Relu", [x]),
            UnaryKind.Silu => graph.Add("Mul", [x, graph.Add("Sigmoid", [x])]),
            UnaryKind.Sigmoid => graph.Add("Sigmoid", [x]),
            UnaryKind.Tanh => graph.Add("Tanh", [x]),
            _ => throw OnnxExportException.NoForm(node.Node),
        };
    }

    /// <summary>A function of two elements, broadcasting.</summary>
    public static string Binary(Binary binary, Emission node) => node.Graph.Add(
        binary.Kind switch
        {
            BinaryKind.Add => "Add",
            BinaryKind.Subtract => "Sub",
            BinaryKind.Multiply => "Mul",
            BinaryKind.Divide => "Div",
            BinaryKind.Maximum => "Max",
            BinaryKind.Minimum => "Min",
            _ => throw OnnxExportException.NoForm(node.Node),
        },
        [node.Operand(0), node.Operand(1)]);

    /// <summary>x·Φ(x): an operator of its own from opset 20 on, before that with the error function, in the form that runtimes know.</summary>
    private static string Gelu(string x, OnnxGraph graph)
    {
        if (graph.Opset >= FirstWithGelu)
        {
            return graph.Add("Gelu", [x], new OnnxAttribute("approximate", "none"));
        }

        string error = graph.Add("Erf", [graph.Add("Div", [x, graph.Number(MathF.Sqrt(2))])]);
        return graph.Add("Mul", [graph.Add("Mul", [x, graph.Add("Add", [error, graph.Number(1)])]), graph.Number(0.5f)]);
    }
}
