using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Graph;

/// <summary>
/// One result of one node: the edges of the graph. Layer code takes values, applies operations to them and gives values back;
/// nothing is computed until a plan that was compiled from the graph runs.
/// </summary>
public sealed class Value
{
    internal Value(Node producer, int outputIndex, TensorType type)
    {
        Producer = producer;
        OutputIndex = outputIndex;
        Type = type;
    }

    /// <summary>The node that computes this value.</summary>
    public Node Producer { get; }

    /// <summary>Index of the value among the results of its node.</summary>
    public int OutputIndex { get; }

    /// <summary>Shape and element type.</summary>
    public TensorType Type { get; }

    /// <summary>Extent along each axis.</summary>
    public Shape Shape => Type.Shape;

    /// <summary>The graph this value belongs to.</summary>
    public ComputeGraph Graph => Producer.Graph;

    /// <summary>Adds, broadcasting.</summary>
    public static Value operator +(Value left, Value right) => left.Graph.Apply(new Binary(BinaryKind.Add), left, right);

    /// <summary>Subtracts, broadcasting.</summary>
    public static Value operator -(Value left, Value right) => left.Graph.Apply(new Binary(BinaryKind.Subtract), left, right);

    /// <summary>Multiplies element by element, broadcasting.</summary>
    public static Value operator *(Value left, Value right) => left.Graph.Apply(new Binary(BinaryKind.Multiply), left, right);

    /// <summary>Divides element by element, broadcasting.</summary>
    public static Value operator /(Value left, Value right) => left.Graph.Apply(new Binary(BinaryKind.Divide), left, right);

    /// <summary>Negates.</summary>
    public static Value operator -(Value value) => value.Graph.Apply(new Unary(UnaryKind.Negate), value);

    /// <summary>Adds a number.</summary>
    public static Value operator +(Value left, float right) => left + left.Graph.Scalar(right);

    /// <summary>Adds to a number.</summary>
    public static Value operator +(float left, Value right) => right + left;

    /// <summary>Subtracts a number.</summary>
    public static Value operator -(Value left, float right) => left + -right;

    /// <summary>Subtracts from a number.</summary>
    public static Value operator -(float left, Value right) => right.Graph.Scalar(left) - right;

    /// <summary>Multiplies by a number.</summary>
    public static Value operator *(Value left, float right) => left * left.Graph.Scalar(right);

    /// <summary>Multiplies a number.</summary>
    public static Value operator *(float left, Value right) => right * left;

    /// <summary>Divides by a number.</summary>
    public static Value operator /(Value left, float right) =>
        float.IsPow2(right) && float.IsNormal(1 / right) ? left * (1 / right) : left / left.Graph.Scalar(right);

    /// <summary>Divides a number.</summary>
    public static Value operator /(float left, Value right) => right.Graph.Scalar(left) / right;

    /// <summary>Compares element by element, broadcasting: 1 where the left one is larger, else 0.</summary>
    public static Value operator >(Value left, Value right) => left.Greater(right);

    /// <summary>Compares element by element, broadcasting: 1 where the left one is smaller, else 0.</summary>
    public static Value operator <(Value left, Value right) => left.Less(right);

    /// <summary>Compares element by element, broadcasting: 1 where the left one is at least as large, else 0.</summary>
    public static Value operator >=(Value left, Value right) => left.GreaterOrEqual(right);

    /// <summary>Compares element by element, broadcasting: 1 where the left one is at most as large, else 0.</summary>
    public static Value operator <=(Value left, Value right) => left.LessOrEqual(right);

    /// <summary>Compares with a number: 1 where an element is larger, else 0.</summary>
    public static Value operator >(Value left, float right) => left.Greater(right);

    /// <summary>Compares with a number: 1 where an element is smaller, else 0.</summary>
    public static Value operator <(Value left, float right) => left.Less(right);

    /// <summary>Compares with a number: 1 where an element is at least as large, else 0.</summary>
    public static Value operator >=(Value left, float right) => left.GreaterOrEqual(right);

    /// <summary>Compares with a number: 1 where an element is at most as large, else 0.</summary>
    public static Value operator <=(Value left, float right) => left.LessOrEqual(right);

    /// <summary>Gives the value a name in <see cref="ComputeGraph.Marks"/> and returns it.</summary>
    public Value Mark(string name)
    {
        Graph.Mark(name, this);
        return this;
    }

    /// <summary>The operation, the module's path and the shape.</summary>
    public override string ToString() => $"{Producer.Operation.Name} {Shape} at {Producer.Path}";
}
