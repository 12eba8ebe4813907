namespace Fovea.Engine.Graph;

/// <summary>
/// What a node computes: its attributes (two equal records compute the same), its shape rule, its gradient rule and its cost.
/// To add an operation to the engine, derive a record, then give it a kernel call in <c>Compile/Cpu</c>; from outside, derive a <see cref="Compile.Cpu.CustomOperation"/>.
/// </summary>
public abstract record Operation
{
    /// <summary>A short name for tables, profiles and errors.</summary>
    public virtual string Name => GetType().Name;

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

    /// <summary>Throws a <see cref="ShapeException"/> unless the condition holds.</summary>
    protected static void Require(bool condition, Func<string> problem)
    {
        if (!condition)
        {
            throw new ShapeException(problem());
        }
    }
}
