using Fovea.Detection;

namespace Fovea.Onnx.Emitters;

/// <summary>Writes arithmetic on boxes, whose four numbers x1, y1, x2, y2 lie along the last axis.</summary>
internal static class BoxArithmetic
{
    /// <summary>Boxes that codes stand for, inside the image.</summary>
    /// <param name="graph">The file's graph.</param>
    /// <param name="coder">The code.</param>
    /// <param name="references">Boxes that the codes are relative to.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="sizes">Rows and columns of the image (1, 2).</param>
    public static string Decode(OnnxGraph graph, BoxCoder coder, string references, string codes, string sizes)
    {
        (string first, string last) = Halves(graph, references);
        string sides = graph.Add("Sub", [last, first]);
        string centres = graph.Add("Add", [first, graph.Add("Mul", [sides, graph.Number(0.5f)])]);
        (string shifts, string logarithms) = Halves(graph, codes);
        shifts = Plain(graph, shifts, [coder.Weights.X, coder.Weights.Y], [coder.Means.X, coder.Means.Y]);
        logarithms = Plain(
            graph, logarithms, [coder.Weights.Width, coder.Weights.Height], [coder.Means.Width, coder.Means.Height]);
        string least = coder.BoundedBelow ? graph.Number(-coder.LargestLogarithm) : "";
        string bounded = graph.Add("Clip", [logarithms, least, graph.Number(coder.LargestLogarithm)]);
        string decodedSides = graph.Add("Mul", [graph.Add("Exp", [bounded]), sides]);
        string halves = graph.Add("Mul", [decodedSides, graph.Number(0.5f)]);
        string decodedCentres = graph.Add("Add", [graph.Add("Mul", [shifts, sides]), centres]);
        string boxes = Join(graph, graph.Add("Sub", [decodedCentres, halves]), graph.Add("Add", [decodedCentres, halves]));
        return Clip(graph, boxes, sizes);
    }

    /// <summary>Truth of both sides having at least a length in pixels; the last axis stays, with extent 1.</summary>
    public static string HasSides(OnnxGraph graph, string boxes, float least)
    {
        (string widths, string heights) = Sides(graph, boxes);
        string length = graph.Number(least);
        return graph.Add(
            "And", [graph.Add("GreaterOrEqual", [widths, length]), graph.Add("GreaterOrEqual", [heights, length])]);
    }

    /// <summary>Level of the pyramid for each of the boxes (K, 4), counted from the lowest: integers (K).</summary>
    public static string Levels(OnnxGraph graph, LevelMapper mapper, string boxes)
    {
        (string widths, string heights) = Sides(graph, boxes);
        string root = graph.Add("Sqrt", [graph.Add("Mul", [widths, heights])]);
        string ratio = graph.Add("Div", [root, graph.Number(mapper.CanonicalSize)]);
        string epsilon = graph.Number(mapper.Epsilon);
        ratio = mapper.EpsilonInside ? graph.Add("Add", [ratio, epsilon]) : ratio;
        string octaves = graph.Add("Div", [graph.Add("Log", [ratio]), graph.Number(MathF.Log(2))]);
        string level = graph.Add("Add", [octaves, graph.Number(mapper.CanonicalLevel)]);
        level = mapper.EpsilonInside ? level : graph.Add("Add", [level, epsilon]);
        level = graph.Add("Clip", [graph.Add("Floor", [level]), graph.Number(mapper.Lowest), graph.Number(mapper.Highest)]);
        string fromLowest = graph.Add("Sub", [level, graph.Number(mapper.Lowest)]);
        return graph.Reshape(graph.Add("Cast", [fromLowest], new OnnxAttribute("to", (long)OnnxElementType.Int64)), -1);
    }

    /// <summary>Codes without their factors and means.</summary>
    private static string Plain(OnnxGraph graph, string codes, float[] weights, float[] means) =>
        graph.Add("Add", [graph.Add("Div", [codes, graph.Numbers(weights)]), graph.Numbers(means)]);

    private static string Clip(OnnxGraph graph, string boxes, string sizes)
    {
        // (rows, columns) to (columns, rows, columns, rows), the bounds of x1, y1, x2, y2.
        string bounds = graph.Add(
            "Gather", [graph.Reshape(sizes, 2), graph.Integers(1, 0, 1, 0)], new OnnxAttribute("axis", 0L));
        return graph.Add("Min", [graph.Add("Max", [boxes, graph.Number(0)]), bounds]);
    }

    private static (string Widths, string Heights) Sides(OnnxGraph graph, string boxes)
    {
        (string first, string last) = Halves(graph, boxes);
        string sides = graph.Add("Sub", [last, first]);
        return (graph.Slice(sides, -1, 0, 1), graph.Slice(sides, -1, 1, 1));
    }

    private static (string First, string Last) Halves(OnnxGraph graph, string numbers) =>
        (graph.Slice(numbers, -1, 0, 2), graph.Slice(numbers, -1, 2, 2));

    private static string Join(OnnxGraph graph, string first, string last) =>
        graph.Add("Concat", [first, last], new OnnxAttribute("axis", -1L));
}
