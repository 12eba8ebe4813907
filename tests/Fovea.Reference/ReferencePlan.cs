namespace Fovea.Reference;

/// <summary>
/// A graph that is run by the plain definitions of its operations: nested loops over arrays, sums in double precision, every result rounded to float once.
/// Nothing is fused, planned, packed or shared: what other executors are held against.
/// </summary>
public sealed class ReferencePlan
{
    private readonly Dictionary<Value, Array> _values = [];
    private readonly Dictionary<Value, Array> _inputs = [];
    private readonly GradientTarget? _gradients;
    private readonly IReadOnlyList<Node> _nodes;
    private readonly Dictionary<Value, int> _lastUses = [];

    /// <summary>Prepares to run a graph.</summary>
    /// <param name="graph">What to compute, as it was built or after any passes.</param>
    /// <param name="gradients">The memory of a variable's gradient, where a run writes what the graph computes for it; null where no gradients are wanted.</param>
    public ReferencePlan(ComputeGraph graph, GradientTarget? gradients = null)
    {
        Graph = graph;
        _gradients = gradients;
        foreach (Value input in graph.Inputs.Values)
        {
            _inputs.Add(input, NewArray(input.Type));
        }

        _nodes = NeededNodes();
        foreach (Node node in _nodes)
        {
            foreach (Value input in node.Inputs)
            {
                _lastUses[input] = node.Index;
            }
        }
    }

    /// <summary>The memory of a variable's gradient.</summary>
    /// <param name="variable">A variable that the graph writes a gradient for.</param>
    public delegate Span<float> GradientTarget(Variable variable);

    /// <summary>The graph that is run.</summary>
    public ComputeGraph Graph { get; }

    /// <summary>The seed of the plan's random numbers (dropout, drop path).</summary>
    public ulong Seed { get; set; }

    /// <summary>The number of the training step, which the plan's random numbers depend on.</summary>
    public ulong Iteration { get; set; }

    /// <summary>The memory of an input of floats, to be filled before a run.</summary>
    /// <exception cref="KeyNotFoundException">The graph has no such input.</exception>
    /// <exception cref="InvalidCastException">Its elements are not floats.</exception>
    public Span<float> Input(string name) => (float[])_inputs[Graph.Inputs[name]];

    /// <summary>The memory of an input of integers, to be filled before a run.</summary>
    /// <exception cref="KeyNotFoundException">The graph has no such input.</exception>
    /// <exception cref="InvalidCastException">Its elements are not integers.</exception>
    public Span<int> IntegerInput(string name) => (int[])_inputs[Graph.Inputs[name]];

    /// <summary>A result of the last run.</summary>
    /// <exception cref="KeyNotFoundException">The graph has no such output, or there was no run.</exception>
    public ReadOnlySpan<float> Output(string name) => (float[])_values[Graph.Outputs[name]];

    /// <summary>Evaluates all nodes in order on what stands in the inputs; then writes gradients and changes the variables that are assigned.</summary>
    public void Run()
    {
        HashSet<Value> results = [.. Results()];
        _values.Clear();
        foreach (Node node in _nodes)
        {
            Evaluate(node);
            foreach (Value input in node.Inputs.Where(input => _lastUses[input] == node.Index && !results.Contains(input)))
            {
                _values.Remove(input);
            }
        }

        if (_gradients is not null)
        {
            foreach ((Variable variable, Value value) in Graph.Gradients)
            {
                ((float[])Read(value)).CopyTo(_gradients(variable));
            }
        }

        // All are read before one is written: an assigned value may be that of another variable.
        (Variable Variable, float[] Value)[] assigned = [.. Graph.Assignments.Select(assignment => (assignment.Variable, (float[])Read(assignment.Value)))];
        foreach ((Variable variable, float[] value) in assigned)
        {
            value.CopyTo(variable.Data);
        }
    }

    /// <summary>Nothing is computed ahead of a run, so there is nothing to compute again after weights were changed.</summary>
    public void Refresh()
    {
    }

    private static Array NewArray(TensorType type) => type.ElementType switch
    {
        ElementType.Float32 => new float[type.Shape.Elements],
        ElementType.Int32 => new int[type.Shape.Elements],
        ElementType.UInt8 => new byte[type.Shape.Elements],
        _ => throw new NotSupportedException($"The reference executor has no elements of type {type.ElementType}."),
    };

    private void Evaluate(Node node)
    {
        switch (node.Operation)
        {
            case Engine.Graph.Operations.Input:
                _values[node.Outputs[0]] = _inputs[node.Outputs[0]];
                break;
            case ReadVariable:
                // Read where it is needed, so that large networks are not held twice.
                break;
            case Reshape:
                _values[node.Outputs[0]] = Read(node.Inputs[0]);
                break;
            default:
                Array[] outputs = [.. node.Outputs.Select(output => NewArray(output.Type))];
                Evaluation.Run(new NodeRun(node, [.. node.Inputs.Select(Read)], outputs, Seed, Iteration));
                for (int i = 0; i < outputs.Length; i++)
                {
                    _values[node.Outputs[i]] = outputs[i];
                }

                break;
        }
    }

    private Array Read(Value value) => value.Producer.Operation is ReadVariable read ? read.Variable.Data.ToArray() : _values[value];

    private IEnumerable<Value> Results() => Graph.Outputs.Values
        .Concat(Graph.Assignments.Select(assignment => assignment.Value))
        .Concat(_gradients is null ? [] : Graph.Gradients.Select(gradient => gradient.Value));

    /// <summary>The nodes that results depend on, operands first.</summary>
    private List<Node> NeededNodes()
    {
        HashSet<Node> needed = [.. Results().Select(value => value.Producer)];
        foreach (Node node in Graph.Nodes.Reverse().Where(needed.Contains))
        {
            needed.UnionWith(node.Inputs.Select(input => input.Producer));
        }

        return [.. Graph.Nodes.Where(needed.Contains)];
    }
}
