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
            UnaryKind.Abs => graph.Add("Abs", [x]),
            _ => throw OnnxExportException.NoForm(node.Node),
        };
    }

    /// <summary>A function of two elements, broadcasting.</summary>
    public static string Binary(Binary binary, Emission node) => binary.Kind switch
    {
        BinaryKind.Add => Of("Add", node),
        BinaryKind.Subtract => Of("Sub", node),
        BinaryKind.Multiply => Of("Mul", node),
        BinaryKind.Divide => Of("Div", node),
        BinaryKind.Maximum => Of("Max", node),
        BinaryKind.Minimum => Of("Min", node),
        BinaryKind.Equal => Truth("Equal", node),
        BinaryKind.Greater => Truth("Greater", node),
        BinaryKind.GreaterOrEqual => Truth("GreaterOrEqual", node),
        _ => throw OnnxExportException.NoForm(node.Node),
    };

    /// <summary>Each element to a fixed power.</summary>
    public static string Power(Power power, Emission node) => node.Graph.Add("Pow", [node.Operand(0), node.Graph.Number(power.Exponent)]);

    /// <summary>A choice between two values; conditions of ONNX are of a type of their own.</summary>
    public static string Where(Emission node)
    {
        string condition = node.Graph.Add("Cast", [node.Operand(0)], new OnnxAttribute("to", (long)OnnxElementType.Bool));
        return node.Graph.Add("Where", [condition, node.Operand(1), node.Operand(2)]);
    }

    private static string Of(string name, Emission node) => node.Graph.Add(name, [node.Operand(0), node.Operand(1)]);

    private static string Truth(string name, Emission node) =>
        node.Graph.Add("Cast", [Of(name, node)], new OnnxAttribute("to", (long)OnnxElementType.Float));

    /// <summary>
    /// x·Φ(x): an operator of its own from opset 20 on, before that with the error function, in the form that runtimes know.
    /// </summary>
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
