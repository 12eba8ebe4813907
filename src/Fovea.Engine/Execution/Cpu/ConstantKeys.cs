using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>
/// Identity of a constant value across graphs: the operations and variables that it is computed from. Keys of one
/// <see cref="ConstantKeys"/> are equal only where they are the same object.
/// </summary>
internal sealed class ConstantKey(object content, ImmutableArray<ConstantKey> inputs, int output)
{
    /// <summary>The operation, or the variable that is read.</summary>
    public object Content { get; } = content;

    /// <summary>The keys of the operands.</summary>
    public ImmutableArray<ConstantKey> Inputs { get; } = inputs;

    /// <summary>Index of the result of the operation.</summary>
    public int Output { get; } = output;
}

/// <summary>The keys of constant values, each made once, so that the same constant of two graphs has the same key.</summary>
internal sealed class ConstantKeys : IEqualityComparer<ConstantKey>
{
    private readonly Dictionary<ConstantKey, ConstantKey> _keys;

    /// <summary>Makes an empty set.</summary>
    public ConstantKeys() => _keys = new Dictionary<ConstantKey, ConstantKey>(this);

    /// <summary>The key of a constant value.</summary>
    /// <param name="value">A value that depends on constants and variables alone.</param>
    /// <param name="known">Keys of the value's graph that were found before.</param>
    public ConstantKey Of(Value value, Dictionary<Value, ConstantKey> known)
    {
        if (!known.TryGetValue(value, out ConstantKey? key))
        {
            Node node = value.Producer;
            object content = node.Operation is ReadVariable read ? read.Variable : node.Operation;
            ConstantKey candidate = new(content, [.. node.Inputs.Select(input => Of(input, known))], node.Outputs.IndexOf(value));
            if (!_keys.TryGetValue(candidate, out key))
            {
                _keys.Add(candidate, key = candidate);
            }

            known.Add(value, key);
        }

        return key;
    }

    bool IEqualityComparer<ConstantKey>.Equals(ConstantKey? x, ConstantKey? y) =>
        x!.Output == y!.Output
        && x.Inputs.AsSpan().SequenceEqual(y.Inputs.AsSpan(), ReferenceEqualityComparer.Instance)
        && AreEqual(x.Content, y.Content);

    int IEqualityComparer<ConstantKey>.GetHashCode(ConstantKey key)
    {
        HashCode hash = default;
        hash.Add(key.Output);
        hash.Add(key.Content is Variable or not Operation ? RuntimeHelpers.GetHashCode(key.Content) : key.Content.GetType().GetHashCode());
        foreach (ConstantKey input in key.Inputs)
        {
            hash.Add(RuntimeHelpers.GetHashCode(input));
        }

        return hash.ToHashCode();
    }

    // Records compare arrays by reference; two graphs have arrays of their own.
    private static bool AreEqual(object left, object right) => (left, right) switch
    {
        (FloatTensor a, FloatTensor b) => a.Shape.Equals(b.Shape) && a.Elements.AsSpan().SequenceEqual(b.Elements),
        (IntegerTensor a, IntegerTensor b) => a.Shape.Equals(b.Shape) && a.Elements.AsSpan().SequenceEqual(b.Elements),
        (PointwiseChain a, PointwiseChain b) => a.Space.Equals(b.Space)
            && a.OperandSpaces.SequenceEqual(b.OperandSpaces)
            && a.Results.SequenceEqual(b.Results)
            && a.Instructions.SequenceEqual(b.Instructions, InstructionComparer.Instance),
        _ => left.Equals(right),
    };

    private sealed class InstructionComparer : IEqualityComparer<PointwiseInstruction>
    {
        public static readonly InstructionComparer Instance = new();

        public bool Equals(PointwiseInstruction? x, PointwiseInstruction? y) =>
            x!.Operation.Equals(y!.Operation) && x.Operands.AsSpan().SequenceEqual(y.Operands.AsSpan());

        public int GetHashCode(PointwiseInstruction instruction) => instruction.Operation.GetHashCode();
    }
}
