using System.Diagnostics;
using System.Runtime.InteropServices;
using Fovea.Engine.Execution;

namespace Fovea.Reference;

/// <summary>
/// A graph whose nodes are evaluated one after another on arrays: sums in double precision, every result rounded to float once. Nothing is
/// packed, shared or computed ahead of a run.
/// </summary>
internal sealed class ReferencePlan : Plan
{
    private readonly Dictionary<Value, Array> _values = [];
    private readonly Dictionary<Value, Array> _boundary = [];
    private readonly Dictionary<Value, int> _lastUses = [];
    private readonly HashSet<Value> _results;
    private readonly List<Node> _nodes;
    private readonly PlanOptions _options;
    private readonly int? _errors;
    private bool _isDisposed;

    /// <summary>Prepares to run a graph.</summary>
    /// <param name="graph">The graph, as it was built or after any passes.</param>
    /// <param name="options">Where gradients go.</param>
    /// <param name="errors">Seed of errors of one rounding in every result; none where null.</param>
    /// <exception cref="ArgumentException">
    /// The block has no place for a gradient of the graph, or there is none to accumulate in.
    /// </exception>
    public ReferencePlan(ComputeGraph graph, PlanOptions options, int? errors)
        : base(graph)
    {
        (_options, _errors) = (options, errors);
        if (options is { Accumulate: true, Gradients: null })
        {
            throw new ArgumentException("There is no block to accumulate gradients in.", nameof(options));
        }

        _results = [.. graph.Outputs.Values, .. graph.Assignments.Select(assignment => assignment.Value)];
        if (options.Gradients is not null)
        {
            foreach ((Variable variable, Value value) in graph.Gradients)
            {
                _ = options.Gradients.Of(variable);
                _results.Add(value);
            }
        }

        foreach (Value value in graph.Inputs.Values.Concat(graph.Outputs.Values))
        {
            _boundary.TryAdd(value, NewArray(value.Type));
        }

        HashSet<Node> needed = [.. _results.Select(value => value.Producer)];
        foreach (Node node in graph.Nodes.Reverse().Where(needed.Contains))
        {
            needed.UnionWith(node.Inputs.Select(input => input.Producer));
        }

        _nodes = [.. graph.Nodes.Where(needed.Contains)];
        foreach (Node node in _nodes)
        {
            foreach (Value input in node.Inputs)
            {
                _lastUses[input] = node.Index;
            }
        }
    }

    /// <inheritdoc/>
    public override ulong Seed { get; set; }

    /// <inheritdoc/>
    public override ulong Iteration { get; set; }

    /// <inheritdoc/>
    public override MemoryFigures Memory => FiguresOf(Graph);

    /// <summary>The memory of all values of a graph; runs let go of each after its last use.</summary>
    public static MemoryFigures FiguresOf(ComputeGraph graph) =>
        new(graph.Nodes.Where(node => node.Operation is not ReadVariable).Sum(node => node.Outputs.Sum(output => output.Type.Bytes)), 0, 0);

    /// <inheritdoc/>
    public override void Run()
    {
        Random? random = _errors is int seed ? new Random(seed) : null;
        Run((_, results) =>
        {
            foreach (float[] values in random is null ? [] : results.OfType<float[]>())
            {
                foreach (ref float value in values.AsSpan())
                {
                    value = random!.Next(2) == 0 ? MathF.BitIncrement(value) : MathF.BitDecrement(value);
                }
            }
        });
    }

    /// <summary>Does nothing: weights are read in every run.</summary>
    public override void Refresh() => ObjectDisposedException.ThrowIf(_isDisposed, this);

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Node? Node, TimeSpan Time)> Profile()
    {
        List<(string, Node?, TimeSpan)> times = [];
        Stopwatch watch = Stopwatch.StartNew();
        Run((node, _) =>
        {
            times.Add((node.ToString(), node, watch.Elapsed));
            watch.Restart();
        });
        return times;
    }

    /// <inheritdoc/>
    public override string? FindNonFinite()
    {
        string? first = null;
        Run((node, results) =>
        {
            if (results.OfType<float[]>().Any(values => !values.All(float.IsFinite)))
            {
                first ??= node.ToString();
            }
        });
        return first;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        _values.Clear();
    }

    /// <inheritdoc/>
    protected override Span<byte> Bytes(Value value)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _boundary[value] switch
        {
            float[] floats => MemoryMarshal.AsBytes(floats.AsSpan()),
            int[] integers => MemoryMarshal.AsBytes(integers.AsSpan()),
            byte[] bytes => bytes,
            _ => throw new NotSupportedException($"The reference executor has no elements of type {value.Type.ElementType}."),
        };
    }

    private static Array NewArray(TensorType type) => type.ElementType switch
    {
        ElementType.Float32 => new float[type.Shape.Elements],
        ElementType.Int32 => new int[type.Shape.Elements],
        ElementType.UInt8 => new byte[type.Shape.Elements],
        _ => throw new NotSupportedException($"The reference executor has no elements of type {type.ElementType}."),
    };

    private void Run(Action<Node, IReadOnlyList<Array>> visit)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _values.Clear();
        foreach (Node node in _nodes)
        {
            visit(node, Evaluate(node));
            foreach (Value input in node.Inputs.Where(input => _lastUses[input] == node.Index && !_results.Contains(input)))
            {
                _values.Remove(input);
            }
        }

        foreach (Value output in Graph.Outputs.Values)
        {
            Read(output).CopyTo(_boundary[output], 0);
        }

        WriteGradients();

        // All are read before one is written: an assigned value may be that of another variable.
        (Variable Variable, Array Value)[] assigned = [.. Graph.Assignments.Select(each => (each.Variable, Read(each.Value)))];
        foreach ((Variable variable, Array value) in assigned)
        {
            ((float[])value).CopyTo(variable.Data);
        }
    }

    private Array[] Evaluate(Node node)
    {
        switch (node.Operation)
        {
            case ReadVariable:
                // Read where it is needed, so that large networks are not held twice.
                return [];
            case Engine.Graph.Operations.Input:
                return [_values[node.Outputs[0]] = _boundary[node.Outputs[0]]];
            case Reshape:
                return [_values[node.Outputs[0]] = Read(node.Inputs[0])];
        }

        Array[] results = [.. node.Outputs.Select(output => NewArray(output.Type))];
        Evaluation.Run(new NodeRun(node, [.. node.Inputs.Select(Read)], results, Seed, Iteration));
        for (int i = 0; i < results.Length; i++)
        {
            _values[node.Outputs[i]] = results[i];
        }

        return results;
    }

    private Array Read(Value value) => value.Producer.Operation is ReadVariable read ? read.Variable.Data.ToArray() : _values[value];

    private void WriteGradients()
    {
        if (_options.Gradients is null)
        {
            return;
        }

        foreach ((Variable variable, Value value) in Graph.Gradients)
        {
            Span<float> gradient = _options.Gradients.Of(variable);
            float[] values = (float[])Read(value);
            for (int i = 0; i < values.Length; i++)
            {
                gradient[i] = _options.Accumulate ? gradient[i] + values[i] : values[i];
            }
        }
    }
}
