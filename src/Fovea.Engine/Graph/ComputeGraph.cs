using System.Collections.Immutable;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Graph;

/// <summary>
/// A network, a loss or a whole training step as operations on values of known shape. Everything else is derived from it:
/// gradients, the inference plan, figures of cost and memory, exported files.
/// </summary>
/// <param name="training">True where layers build their training behaviour (batch statistics, dropout), false for inference.</param>
public sealed partial class ComputeGraph(bool training = false)
{
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<NodeKey, Node> _shared = [];
    private readonly Stack<string> _paths = new([""]);
    private readonly Dictionary<Variable, Value> _variables = [];
    private readonly OrderedDictionary<string, Value> _inputs = [];
    private readonly OrderedDictionary<string, Value> _outputs = [];
    private readonly OrderedDictionary<string, Value> _marks = [];
    private readonly List<object> _annotations = [];
    private readonly List<(Variable Variable, Value Value)> _assignments = [];
    private readonly List<(Variable Variable, Value Value)> _gradients = [];

    /// <summary>True where layers build their training behaviour.</summary>
    public bool Training { get; } = training;

    /// <summary>The other shards of the batch, where layers share its statistics with them; null where a batch is whole.</summary>
    internal IShardExchange? Shards { get; init; }

    /// <summary>All nodes; inputs always stand before the nodes that use them.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>Values that are given to each run, by name.</summary>
    public IReadOnlyDictionary<string, Value> Inputs => _inputs;

    /// <summary>Results of each run, by name.</summary>
    public IReadOnlyDictionary<string, Value> Outputs => _outputs;

    /// <summary>Values that a network gives a name, such as its stages' maps, so that others can make them outputs.</summary>
    public IReadOnlyDictionary<string, Value> Marks => _marks;

    /// <summary>Notes of the layers about parts of the graph, in the order in which they were built.</summary>
    public IReadOnlyList<object> Annotations => _annotations;

    /// <summary>Variables that a run changes at its end, such as running statistics, and their new values.</summary>
    public IReadOnlyList<(Variable Variable, Value Value)> Assignments => _assignments;

    /// <summary>Trainable variables and the gradients that a run writes for them, in the order of the gradient block.</summary>
    public IReadOnlyList<(Variable Variable, Value Value)> Gradients => _gradients;

    /// <summary>The path of the module that is building right now.</summary>
    public string Path => _paths.Peek();

    /// <summary>The number of random streams handed out so far; each dropout takes one.</summary>
    public int RandomStreams { get; private set; }

    /// <summary>Enters a module: nodes built until the result is disposed carry its path.</summary>
    public IDisposable Enter(string name)
    {
        _paths.Push(Path.Length == 0 ? name : $"{Path}.{name}");
        return new PathScope(_paths);
    }

    /// <summary>Replaces the whole path, for nodes built on behalf of others (gradients, rewritten nodes).</summary>
    public IDisposable EnterPath(string path)
    {
        _paths.Push(path);
        return new PathScope(_paths);
    }

    /// <summary>Adds a value that is given to each run.</summary>
    /// <param name="name">The input's name.</param>
    /// <param name="shape">Extent along each axis.</param>
    /// <param name="elementType">The type of one element.</param>
    /// <param name="batchAxis">
    /// The axis along which entries, such as images, are independent of one another, so that an exported file can leave its extent open;
    /// null where nothing is said.
    /// </param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public Value Input(string name, Shape shape, ElementType elementType = ElementType.Float32, int? batchAxis = null)
    {
        Value value = Append(new Input(name, new TensorType(shape, elementType), batchAxis), []).Outputs[0];
        _inputs.Add(name, value);
        return value;
    }

    /// <summary>Reads a variable's value at the beginning of a run.</summary>
    public Value Read(Variable variable)
    {
        if (!_variables.TryGetValue(variable, out Value? value))
        {
            value = Append(new ReadVariable(variable), []).Outputs[0];
            _variables.Add(variable, value);
        }

        return value;
    }

    /// <summary>A number known when the graph is built.</summary>
    public Value Scalar(float number) => Apply(new Constant(Shape.Scalar, number));

    /// <summary>A value of one number throughout, known when the graph is built.</summary>
    public Value Filled(Shape shape, float number) => Apply(new Constant(shape, number));

    /// <summary>A table of integers known when the graph is built, such as indices.</summary>
    public Value Table(Shape shape, int[] elements) => Apply(new IntegerTensor(shape, elements));

    /// <summary>A table of numbers known when the graph is built.</summary>
    public Value Table(Shape shape, float[] elements) => Apply(new FloatTensor(shape, elements));

    /// <summary>Names a value as a result of each run.</summary>
    /// <exception cref="ArgumentException">The name is taken, or the value belongs to another graph.</exception>
    public void Output(string name, Value value)
    {
        RequireOwn(value, $"the output '{name}'");
        _outputs.Add(name, value);
    }

    /// <summary>Gives a value a name without making it an output; a later value of the same name takes its place.</summary>
    /// <exception cref="ArgumentException">The value belongs to another graph.</exception>
    public void Mark(string name, Value value)
    {
        RequireOwn(value, $"the mark '{name}'");
        _marks[name] = value;
    }

    /// <summary>Adds a note to <see cref="Annotations"/>. Runs do not depend on notes, and passes do not carry them over.</summary>
    public void Annotate(object note) => _annotations.Add(note);

    /// <summary>Makes a run end with the variable holding the value.</summary>
    /// <exception cref="ArgumentException">The value belongs to another graph.</exception>
    /// <exception cref="ShapeException">The value does not have the variable's shape, or holds something else than Float32.</exception>
    public void Assign(Variable variable, Value value)
    {
        RequireOwn(value, $"the assignment to {variable.Name}");
        RequireTypeOf(variable, value, "cannot be assigned");
        _assignments.Add((variable, value));
    }

    /// <summary>Makes a run write the value into the variable's part of the gradient block.</summary>
    /// <exception cref="ArgumentException">The value belongs to another graph.</exception>
    /// <exception cref="ShapeException">The value does not have the variable's shape, or holds something else than Float32.</exception>
    public void WriteGradient(Variable variable, Value value)
    {
        RequireOwn(value, $"the gradient of {variable.Name}");
        RequireTypeOf(variable, value, "cannot have the gradient");
        _gradients.Add((variable, value));
    }

    /// <summary>A new stream of random numbers.</summary>
    public int NextRandomStream() => RandomStreams++;

    /// <summary>Applies an operation that has one result.</summary>
    public Value Apply(Operation operation, params ReadOnlySpan<Value> inputs) => Add(operation, inputs).Outputs[0];

    /// <summary>Applies an operation.</summary>
    /// <exception cref="ShapeException">The operands do not fit the operation.</exception>
    public Node Add(Operation operation, params ReadOnlySpan<Value> inputs)
    {
        foreach (Value input in inputs)
        {
            RequireOwn(input, $"{operation.Name} at {Path}");
        }

        ImmutableArray<Value> operands = [.. inputs];
        if (!operation.MayBeShared)
        {
            return Append(operation, operands);
        }

        NodeKey key = new(operation, operands);
        if (!_shared.TryGetValue(key, out Node? node))
        {
            node = Append(operation, operands);
            _shared.Add(key, node);
        }

        return node;
    }

    /// <summary>
    /// The graph as text for people, a line for each node, such as
    /// <c>%12 [8, 56, 56, 64] = Convolution (3×3, stride 2) %11, %conv.weight  // stem.conv</c>: inputs and variables go by their names,
    /// other values by their node's index; outputs, marks, gradients and assignments follow.
    /// </summary>
    public string ToText() => GraphText.Write(this);

    private static void RequireTypeOf(Variable variable, Value value, string problem)
    {
        if (!variable.Shape.Equals(value.Shape) || value.Type.ElementType != ElementType.Float32)
        {
            throw new ShapeException(
                $"{variable.Name} holds Float32 {variable.Shape} and {problem} {value.Type.ElementType} {value.Shape}");
        }
    }

    private void RequireOwn(Value value, string user)
    {
        if (value.Graph != this)
        {
            throw new ArgumentException($"{value} belongs to another graph than {user}.", nameof(value));
        }
    }

    private Node Append(Operation operation, ImmutableArray<Value> inputs)
    {
        IReadOnlyList<TensorType> outputs;
        try
        {
            outputs = operation.Infer([.. inputs.Select(input => input.Type)]);
        }
        catch (ShapeException error) when (error.Path is null)
        {
            throw new ShapeException(Path.Length == 0 ? operation.Name : $"{Path} ({operation.Name})", error);
        }

        Node node = new(this, _nodes.Count, operation, inputs, outputs, Path);
        _nodes.Add(node);
        return node;
    }

    // A class, as collections of the runtime are compiled ahead for reference types only.
    private sealed class NodeKey(Operation operation, ImmutableArray<Value> inputs) : IEquatable<NodeKey>
    {
        public Operation Operation { get; } = operation;

        public ImmutableArray<Value> Inputs { get; } = inputs;

        public bool Equals(NodeKey? other) =>
            other is not null && Inputs.AsSpan().SequenceEqual(other.Inputs.AsSpan()) && Operation.Equals(other.Operation);

        public override bool Equals(object? obj) => Equals(obj as NodeKey);

        public override int GetHashCode()
        {
            HashCode hash = default;
            hash.Add(Operation);
            foreach (Value input in Inputs)
            {
                hash.Add(input);
            }

            return hash.ToHashCode();
        }
    }

    private sealed class PathScope(Stack<string> paths) : IDisposable
    {
        public void Dispose() => paths.Pop();
    }
}
