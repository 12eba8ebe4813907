using System.Text;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Graph;

/// <summary>Writes a graph as text: see <see cref="ComputeGraph.ToText"/>.</summary>
internal static class GraphText
{
    /// <summary>The whole graph.</summary>
    public static string Write(ComputeGraph graph)
    {
        StringBuilder text = new();
        text.Append(graph.Training ? "training graph" : "inference graph").Append(", ").Append(graph.Nodes.Count).Append(" nodes\n");
        foreach (Node node in graph.Nodes)
        {
            text.Append(Line(node)).Append('\n');
        }

        Append("output", graph.Outputs.Select(output => (output.Key, output.Value)));
        Append("mark", graph.Marks.Select(mark => (mark.Key, mark.Value)));
        Append("gradient", graph.Gradients.Select(gradient => (gradient.Variable.Name, gradient.Value)));
        Append("assign", graph.Assignments.Select(assignment => (assignment.Variable.Name, assignment.Value)));
        return text.ToString();

        void Append(string kind, IEnumerable<(string Name, Value Value)> values)
        {
            foreach ((string name, Value value) in values)
            {
                text.Append(kind).Append(' ').Append(name).Append(" = ").Append(Id(value)).Append('\n');
            }
        }
    }

    private static string Line(Node node)
    {
        string results = string.Join(", ", node.Outputs.Select(output => $"{Id(output)} {Type(output.Type)}"));
        string operation = node.Operation switch
        {
            Input => "Input",
            ReadVariable => "Variable",
            PointwiseChain => "Pointwise",
            Operation other => other.Name,
        };
        string details = node.Operation.Details.Length == 0 ? "" : $" ({node.Operation.Details})";
        string operands = node.Inputs.IsEmpty ? "" : $" {string.Join(", ", node.Inputs.Select(Id))}";
        string path = node.Path.Length == 0 ? "" : $"  // {node.Path}";
        return $"{results} = {operation}{details}{operands}{path}";
    }

    private static string Id(Value value) => value.Producer.Operation switch
    {
        Input input => $"%{input.Key}",
        ReadVariable read => $"%{read.Variable.Name}",
        _ => value.Producer.Outputs.Length == 1 ? $"%{value.Producer.Index}" : $"%{value.Producer.Index}#{value.OutputIndex}",
    };

    private static string Type(TensorType type) =>
        type.ElementType == ElementType.Float32 ? $"{type.Shape}" : $"{type.ElementType} {type.Shape}";
}
