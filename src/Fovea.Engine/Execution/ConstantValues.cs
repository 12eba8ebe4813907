using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Execution;

/// <summary>
/// Values of an inference graph that depend on weights alone, such as folded weights and resized tables, computed once. Plain weights are
/// not copied.
/// </summary>
public sealed class ConstantValues : IDisposable
{
    private readonly Dictionary<Value, string> _names = [];
    private readonly Plan _plan;

    /// <summary>Computes values.</summary>
    /// <param name="values">Values of one graph.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <exception cref="ArgumentException">A value depends on an input.</exception>
    public ConstantValues(IReadOnlyCollection<Value> values, WorkerPool? pool = null)
    {
        ComputeGraph graph = new();
        Dictionary<Value, Value> copies = Copy(values, graph);
        foreach (Value value in values)
        {
            if (_names.TryAdd(value, $"{_names.Count}"))
            {
                graph.Output(_names[value], copies[value]);
            }
        }

        _plan = Plan.Compile(graph, pool);
    }

    /// <summary>The elements of one of the values, row-major.</summary>
    public ReadOnlySpan<float> this[Value value] => _plan.Output(_names[value]);

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _plan.Dispose();

    private static Dictionary<Value, Value> Copy(IReadOnlyCollection<Value> values, ComputeGraph target)
    {
        Dictionary<Value, Value> copies = [];
        foreach (Node node in Ancestors(values))
        {
            Node copy = node.Operation switch
            {
                Input => throw new ArgumentException(
                    $"{node} is given to each run, so what depends on it is not constant.", nameof(values)),
                ReadVariable read => target.Read(read.Variable).Producer,
                _ => target.Add(node.Operation, [.. node.Inputs.Select(input => copies[input])]),
            };
            for (int i = 0; i < node.Outputs.Length; i++)
            {
                copies.Add(node.Outputs[i], copy.Outputs[i]);
            }
        }

        return copies;
    }

    /// <summary>The nodes that values are computed by, operands first.</summary>
    private static IEnumerable<Node> Ancestors(IReadOnlyCollection<Value> values)
    {
        HashSet<Node> found = [];
        Stack<Node> open = new(values.Select(value => value.Producer));
        while (open.TryPop(out Node? node))
        {
            if (found.Add(node))
            {
                foreach (Value input in node.Inputs)
                {
                    open.Push(input.Producer);
                }
            }
        }

        return found.OrderBy(node => node.Index);
    }
}
