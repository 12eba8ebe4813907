using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>Users of each value of a graph, and the nodes on which the results of a run depend.</summary>
internal sealed class UseInfo
{
    private readonly Dictionary<Value, List<Node>> _consumers = [];
    private readonly HashSet<Value> _results = [];
    private readonly bool[] _needed;
    private readonly bool[] _constant;

    /// <summary>Walks over the graph once.</summary>
    public UseInfo(ComputeGraph graph)
    {
        _needed = new bool[graph.Nodes.Count];
        _constant = new bool[graph.Nodes.Count];
        foreach (Value value in
            graph.Outputs.Values.Concat(graph.Assignments.Select(a => a.Value)).Concat(graph.Gradients.Select(g => g.Value)))
        {
            _results.Add(value);
            _needed[value.Producer.Index] = true;
        }

        for (int index = graph.Nodes.Count - 1; index >= 0; index--)
        {
            Node node = graph.Nodes[index];

            // Inputs stay even when nothing reads them: a caller fills them by name.
            _needed[index] |= node.Operation is Input;
            if (!_needed[index])
            {
                continue;
            }

            foreach (Value input in node.Inputs)
            {
                _needed[input.Producer.Index] = true;
                if (!_consumers.TryGetValue(input, out List<Node>? consumers))
                {
                    _consumers.Add(input, consumers = []);
                }

                consumers.Add(node);
            }
        }

        foreach (Node node in graph.Nodes)
        {
            _constant[node.Index] = node.Operation switch
            {
                Input or Dropout => false,
                ReadVariable => !graph.Training,
                _ => node.Inputs.All(input => _constant[input.Producer.Index]),
            };
        }
    }

    /// <summary>The nodes that read a value, once for each operand.</summary>
    public IReadOnlyList<Node> Consumers(Value value) => _consumers.TryGetValue(value, out List<Node>? consumers) ? consumers : [];

    /// <summary>
    /// The only use of a value: the one node that reads it, null where there are more, none, or where it is a result of the run.
    /// </summary>
    public Node? OnlyConsumer(Value value) => !_results.Contains(value) && Consumers(value) is [Node only] ? only : null;

    /// <summary>True if the value is given out by the run.</summary>
    public bool IsResult(Value value) => _results.Contains(value);

    /// <summary>True if a result of the run depends on the node.</summary>
    public bool IsNeeded(Node node) => _needed[node.Index];

    /// <summary>
    /// True if the value depends on nothing but constants and (outside training) weights, so that it is computed once for all runs.
    /// </summary>
    public bool IsConstant(Value value) => _constant[value.Producer.Index];
}
