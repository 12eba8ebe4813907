namespace Fovea.Engine.Graph;

/// <summary>
/// Computation of a node: its attributes (two equal records compute the same), its shape rule, its gradient rule and its cost.
/// An operation from outside the engine derives from <see cref="CustomOperation"/>. One inside the engine is a record here, and has its
/// arithmetic in each executor.
/// </summary>
public abstract record Operation
{
    /// <summary>A short name for tables, profiles and errors.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>The attributes in words, for texts of a graph, such as <c>3×3, stride 2</c>; empty where there are none.</summary>
    public virtual string Details => "";

    /// <summary>True where equal operations on equal inputs may share one node. Leaves with an identity of their own say no.</summary>
    public virtual bool MayBeShared => true;

    /// <summary>The shape rule: types of the results for the given types of the operands.</summary>
    /// <exception cref="ShapeException">The operands do not fit; the message says what was got and what is taken.</exception>
    public abstract IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs);

    /// <summary>
    /// The gradient rule: builds the nodes that compute the gradient of each input from the gradients of the outputs
    /// (null where nothing depends on an output). An entry is null where an input has no gradient.
    /// </summary>
    /// <exception cref="NotSupportedException">The operation has no gradient.</exception>
    public virtual IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        throw new NotSupportedException($"{Name} at {node.Path} has no gradient.");

    /// <summary>Multiply-adds of one evaluation.</summary>
    public virtual long MultiplyAdds(Node node) => 0;

    /// <summary>Checks that there are as many operands as the operation takes, all of Float32.</summary>
    /// <param name="inputs">Types of the operands, as <see cref="Infer"/> gets them.</param>
    /// <param name="count">Number of operands that the operation takes.</param>
    /// <exception cref="ShapeException">There are more or fewer, or one holds something else.</exception>
    protected static void RequireFloats(IReadOnlyList<TensorType> inputs, int count)
    {
        RequireCount(inputs, count);
        for (int i = 0; i < count; i++)
        {
            RequireElementType(inputs, i, ElementType.Float32);
        }
    }

    /// <summary>Checks that there are as many operands as the operation takes.</summary>
    /// <param name="inputs">Types of the operands, as <see cref="Infer"/> gets them.</param>
    /// <param name="count">Number of operands that the operation takes.</param>
    /// <exception cref="ShapeException">There are more or fewer.</exception>
    protected static void RequireCount(IReadOnlyList<TensorType> inputs, int count) =>
        Require(inputs.Count == count, () => $"takes {count} {(count == 1 ? "operand" : "operands")} and got {inputs.Count}");

    /// <summary>Checks the element type of one operand.</summary>
    /// <param name="inputs">Types of the operands, as <see cref="Infer"/> gets them.</param>
    /// <param name="operand">Index of the operand, from 0.</param>
    /// <param name="allowed">Element types that the operation takes there.</param>
    /// <exception cref="ShapeException">The operand holds something else.</exception>
    protected static void RequireElementType(IReadOnlyList<TensorType> inputs, int operand, params ReadOnlySpan<ElementType> allowed)
    {
        if (!allowed.Contains(inputs[operand].ElementType))
        {
            string expected = string.Join(" or ", allowed.ToArray());
            throw new ShapeException(
                $"operand {operand} of shape {inputs[operand].Shape} holds {inputs[operand].ElementType}, expected {expected}");
        }
    }

    /// <summary>Throws a <see cref="ShapeException"/> unless the condition holds.</summary>
    protected static void Require(bool condition, Func<string> problem)
    {
        if (!condition)
        {
            throw new ShapeException(problem());
        }
    }
}
