using System.Collections.Immutable;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Graph;

/// <content>What passes and their verifier need beside the public members.</content>
public sealed partial class ComputeGraph
{
    private readonly HashSet<Node> _repeated = [];

    /// <summary>The sharing table: for an operation on operands, the node that applying it again would give.</summary>
    internal IEnumerable<(Operation Operation, ImmutableArray<Value> Inputs, Node Node)> Shared =>
        _shared.Select(entry => (entry.Key.Operation, entry.Key.Inputs, entry.Value));

    /// <summary>The node that reads a variable, for each variable that is read.</summary>
    internal IReadOnlyDictionary<Variable, Value> VariableReads => _variables;

    /// <summary>True where a node was made by <see cref="Repeat"/>.</summary>
    internal bool IsRepeated(Node node) => _repeated.Contains(node);

    /// <summary>
    /// Applies an operation anew, even where its result stands in the graph already: to compute it again rather than keep it.
    /// </summary>
    internal Node Repeat(Operation operation, params ReadOnlySpan<Value> inputs)
    {
        Node node = Append(operation, [.. inputs]);
        _repeated.Add(node);
        return node;
    }

    /// <summary>
    /// Removes the nodes that no output, assignment or gradient depends on, but for inputs, which a caller fills by name. Marks on removed
    /// nodes go with them; the nodes that stay are numbered anew.
    /// </summary>
    internal void RemoveUnneeded()
    {
        bool[] needed = FindNeeded();
        if (Array.TrueForAll(needed, isNeeded => isNeeded))
        {
            return;
        }

        foreach ((NodeKey key, Node node) in _shared)
        {
            if (!needed[node.Index])
            {
                _shared.Remove(key);
            }
        }

        foreach ((Variable variable, Value value) in _variables)
        {
            if (!needed[value.Producer.Index])
            {
                _variables.Remove(variable);
            }
        }

        foreach (string mark in _marks.Keys.Where(mark => !needed[_marks[mark].Producer.Index]).ToArray())
        {
            _marks.Remove(mark);
        }

        _repeated.RemoveWhere(node => !needed[node.Index]);
        int kept = 0;
        for (int i = 0; i < needed.Length; i++)
        {
            if (needed[i])
            {
                _nodes[i].Index = kept;
                _nodes[kept++] = _nodes[i];
            }
        }

        _nodes.RemoveRange(kept, _nodes.Count - kept);
    }

    /// <summary>For each node, true where an output, an assignment or a gradient depends on it, or where it is an input.</summary>
    internal bool[] FindNeeded()
    {
        bool[] needed = new bool[_nodes.Count];
        foreach (Value value in _outputs.Values.Concat(_assignments.Select(a => a.Value)).Concat(_gradients.Select(g => g.Value)))
        {
            needed[value.Producer.Index] = true;
        }

        for (int index = _nodes.Count - 1; index >= 0; index--)
        {
            needed[index] |= _nodes[index].Operation is Input;
            foreach (Value input in needed[index] ? _nodes[index].Inputs : [])
            {
                needed[input.Producer.Index] = true;
            }
        }

        return needed;
    }
}
