using System.Collections.Immutable;

namespace Fovea.Engine.Graph;

/// <summary>One application of an operation to values.</summary>
public sealed class Node
{
    internal Node(
        ComputeGraph graph, int index, Operation operation, ImmutableArray<Value> inputs, IReadOnlyList<TensorType> outputs, string path)
    {
        Graph = graph;
        Index = index;
        Operation = operation;
        Inputs = inputs;
        Path = path;
        Outputs = [.. outputs.Select((type, i) => new Value(this, i, type))];
    }

    /// <summary>The graph this node belongs to.</summary>
    public ComputeGraph Graph { get; }

    /// <summary>The node's place in the graph's order; inputs always stand before the nodes that use them.</summary>
    public int Index { get; internal set; }

    /// <summary>The operation that is applied.</summary>
    public Operation Operation { get; }

    /// <summary>The operands.</summary>
    public ImmutableArray<Value> Inputs { get; }

    /// <summary>The results.</summary>
    public ImmutableArray<Value> Outputs { get; }

    /// <summary>
    /// The path of the module that built the node, such as <c>blocks_a.0.attn.q</c>; gradients carry the path of what they differentiate.
    /// </summary>
    public string Path { get; }

    /// <summary>
    /// Multiply-adds of one evaluation: products, convolutions and the two products of attention; everything else counts 0.
    /// </summary>
    public long MultiplyAdds => Operation.MultiplyAdds(this);

    /// <summary>The operation and the module's path.</summary>
    public override string ToString() => $"{Operation.Name} at {Path}";
}
