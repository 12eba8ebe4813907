using System.Collections.Immutable;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile;

/// <summary>
/// Checks of what every graph between two passes promises. A fault is found behind the pass that made it instead of in a wrong result.
/// </summary>
internal static class GraphVerifier
{
    /// <summary>Checks a graph that a pass made.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="pass">The name of the pass, for the message.</param>
    /// <exception cref="InvalidOperationException">The graph breaks a rule; the message names all that are broken.</exception>
    public static void Check(ComputeGraph graph, string pass)
    {
        List<string> problems = Problems(graph);
        if (problems.Count > 0)
        {
            throw new InvalidOperationException(
                $"The graph after {pass} is not consistent: {string.Join("; ", problems)}.\n{graph.ToText()}");
        }
    }

    /// <summary>The rules that a graph breaks, in words.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="allowUnneeded">
    /// True where nodes may stand in the graph that no result depends on, as in a graph that layers built.
    /// </param>
    public static List<string> Problems(ComputeGraph graph, bool allowUnneeded = false)
    {
        List<string> problems = [.. Order(graph)];
        if (problems.Count == 0)
        {
            problems.AddRange([.. Types(graph), .. Names(graph), .. Variables(graph), .. Sharing(graph)]);
        }

        if (problems.Count == 0 && !allowUnneeded)
        {
            bool[] needed = graph.FindNeeded();
            problems.AddRange(graph.Nodes.Where(node => !needed[node.Index]).Select(node => $"no result depends on {Describe(node)}"));
        }

        return problems;
    }

    // Nodes stand at their index, and operands before the nodes that read them.
    private static IEnumerable<string> Order(ComputeGraph graph)
    {
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            Node node = graph.Nodes[i];
            if (node.Index != i || node.Graph != graph)
            {
                yield return $"{Describe(node)} stands at {i}, or belongs to another graph";
            }

            foreach (Value input in node.Inputs)
            {
                if (!Holds(graph, input))
                {
                    yield return $"{Describe(node)} reads {input}, which is not in the graph";
                }
                else if (input.Producer.Index >= i)
                {
                    yield return $"{Describe(node)} stands before its operand {Describe(input.Producer)}";
                }
            }
        }
    }

    // Shape rules give the types that results have.
    private static IEnumerable<string> Types(ComputeGraph graph)
    {
        foreach (Node node in graph.Nodes)
        {
            string? problem = null;
            try
            {
                IReadOnlyList<TensorType> inferred = node.Operation.Infer([.. node.Inputs.Select(input => input.Type)]);
                if (!inferred.SequenceEqual(node.Outputs.Select(output => output.Type)))
                {
                    problem = $"{Describe(node)} should give {string.Join(", ", inferred)}";
                }
            }
            catch (ShapeException error)
            {
                problem = $"{Describe(node)}: {error.Message}";
            }

            if (problem is not null)
            {
                yield return problem;
            }
        }
    }

    // Outputs, marks, gradients and assignments are values of the graph; inputs are listed under their names.
    private static IEnumerable<string> Names(ComputeGraph graph)
    {
        IEnumerable<(string Name, Value Value)> named =
        [
            .. graph.Outputs.Select(entry => ($"output {entry.Key}", entry.Value)),
            .. graph.Marks.Select(entry => ($"mark {entry.Key}", entry.Value)),
            .. graph.Gradients.Select(entry => ($"gradient of {entry.Variable.Name}", entry.Value)),
            .. graph.Assignments.Select(entry => ($"assignment to {entry.Variable.Name}", entry.Value)),
            .. graph.Inputs.Select(entry => ($"input {entry.Key}", entry.Value)),
        ];
        foreach ((string name, Value value) in named.Where(entry => !Holds(graph, entry.Value)))
        {
            yield return $"the {name} is {value}, which is not in the graph";
        }

        foreach ((string name, Value value) in graph.Inputs)
        {
            if (value.Producer.Operation is not Input input || input.Key != name)
            {
                yield return $"the input {name} is {Describe(value.Producer)}";
            }
        }

        foreach (Node node in graph.Nodes)
        {
            if (node.Operation is Input input && (!graph.Inputs.TryGetValue(input.Key, out Value? value) || value.Producer != node))
            {
                yield return $"{Describe(node)} is not among the inputs";
            }
        }
    }

    // A variable is read by one node, and gets one gradient and one new value of its own shape at most.
    private static IEnumerable<string> Variables(ComputeGraph graph)
    {
        foreach (Node node in graph.Nodes)
        {
            if (node.Operation is ReadVariable read
                && (!graph.VariableReads.TryGetValue(read.Variable, out Value? value) || value.Producer != node))
            {
                yield return $"{Describe(node)} is a second read of {read.Variable.Name}";
            }
        }

        foreach ((Variable variable, Value value) in graph.VariableReads)
        {
            if (!Holds(graph, value) || value.Producer.Operation is not ReadVariable read || read.Variable != variable)
            {
                yield return $"{value} stands for {variable.Name}, but does not read it";
            }
        }

        foreach ((string kind, IReadOnlyList<(Variable Variable, Value Value)> written) in
            ((string, IReadOnlyList<(Variable, Value)>)[])[("gradients", graph.Gradients), ("assignments", graph.Assignments)])
        {
            foreach (IGrouping<Variable, (Variable, Value)> several in
                written.GroupBy(entry => entry.Variable).Where(group => group.Count() > 1))
            {
                yield return $"{several.Key.Name} has several {kind}";
            }

            foreach ((Variable variable, Value value) in written)
            {
                if (!value.Type.Equals(new TensorType(variable.Shape)))
                {
                    yield return $"{variable.Name} of shape {variable.Shape} is written {value.Type}";
                }
            }
        }
    }

    // Equal operations on equal operands are one node, but for those that were repeated on purpose.
    private static IEnumerable<string> Sharing(ComputeGraph graph)
    {
        HashSet<Node> shared = [];
        foreach ((Operation operation, ImmutableArray<Value> inputs, Node node) in graph.Shared)
        {
            shared.Add(node);
            if (node.Index >= graph.Nodes.Count
                || graph.Nodes[node.Index] != node
                || !node.Operation.Equals(operation) || !node.Inputs.SequenceEqual(inputs))
            {
                yield return $"{Describe(node)} is shared in the place of {operation.Name}";
            }
        }

        foreach (Node node in graph.Nodes)
        {
            if (node.Operation.MayBeShared && !shared.Contains(node) && !graph.IsRepeated(node))
            {
                yield return $"{Describe(node)} stands beside the node that it should share";
            }
        }
    }

    private static bool Holds(ComputeGraph graph, Value value)
    {
        Node producer = value.Producer;
        return producer.Index < graph.Nodes.Count
            && graph.Nodes[producer.Index] == producer
            && producer.Outputs[value.OutputIndex] == value;
    }

    private static string Describe(Node node) =>
        $"node {node.Index} ({node.Operation.Name}{(node.Path.Length == 0 ? "" : $" at {node.Path}")})";
}
