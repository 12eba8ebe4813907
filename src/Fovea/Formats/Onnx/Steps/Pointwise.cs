namespace Fovea.Formats.Onnx.Steps;

/// <summary>Writes element-wise operations.</summary>
internal static class Pointwise
{
    private const int FirstWithGelu = 20;

    /// <summary>A function of each element.</summary>
    public static void WriteUnary(Unary unary, ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        string x = graph.Operand(step.Reads[0], layout);
        string y = unary.Kind switch
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
            _ => throw new OnnxExportException($"{step.Node}: the function {unary.Kind} has no form in ONNX files."),
        };
        graph.Define(step.Result, y, layout);
    }

    /// <summary>A function of two elements, broadcasting.</summary>
    public static void WriteBinary(Binary binary, ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        string name = binary.Kind switch
        {
            BinaryKind.Add => "Add",
            BinaryKind.Subtract => "Sub",
            BinaryKind.Multiply => "Mul",
            BinaryKind.Divide => "Div",
            BinaryKind.Maximum => "Max",
            BinaryKind.Minimum => "Min",
            BinaryKind.Equal => "Equal",
            BinaryKind.Greater => "Greater",
            BinaryKind.GreaterOrEqual => "GreaterOrEqual",
            _ => throw new OnnxExportException($"{step.Node}: the function {binary.Kind} has no form in ONNX files."),
        };
        string y = graph.Add(name, [graph.Operand(step.Reads[0], layout), graph.Operand(step.Reads[1], layout)]);
        if (binary.Kind is BinaryKind.Equal or BinaryKind.Greater or BinaryKind.GreaterOrEqual)
        {
            y = graph.Add("Cast", [y], new OnnxAttribute("to", (long)OnnxElementType.Float));
        }

        graph.Define(step.Result, y, layout);
    }

    /// <summary>Each element to a fixed power.</summary>
    public static void WritePower(Power power, ExportStep step, MapLayout layout, OnnxGraph graph) =>
        graph.Define(step.Result, graph.Add("Pow", [graph.Operand(step.Reads[0], layout), graph.Number(power.Exponent)]), layout);

    /// <summary>A choice between two values; conditions of ONNX are of a type of their own.</summary>
    public static void WriteWhere(ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        string condition = graph.Add("Cast", [graph.Operand(step.Reads[0], layout)], new OnnxAttribute("to", (long)OnnxElementType.Bool));
        string y = graph.Add("Where", [condition, graph.Operand(step.Reads[1], layout), graph.Operand(step.Reads[2], layout)]);
        graph.Define(step.Result, y, layout);
    }

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
