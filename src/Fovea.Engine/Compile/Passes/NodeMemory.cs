using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>The memory that the values of a graph take while its nodes run in an order.</summary>
internal sealed class NodeMemory
{
    private readonly UseInfo _uses;
    private readonly int[] _first;
    private readonly long[] _bytes;
    private readonly int[][] _operands;

    /// <summary>Numbers the values of a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="uses">The uses of its values.</param>
    public NodeMemory(ComputeGraph graph, UseInfo uses)
    {
        _uses = uses;
        _first = new int[graph.Nodes.Count + 1];
        foreach (Node node in graph.Nodes)
        {
            _first[node.Index + 1] = _first[node.Index] + node.Outputs.Length;
        }

        _bytes = [.. graph.Nodes.SelectMany(node => node.Outputs).Select(BytesOf)];
        _operands = [.. graph.Nodes.Select(node => node.Inputs.Select(input => NumberOf(Root(input))).Distinct().ToArray())];
    }

    /// <summary>The most bytes in use at a time, and the index of the node that runs then.</summary>
    /// <param name="order">The nodes, operands first.</param>
    public (long Bytes, int At) PeakOf(IEnumerable<Node> order)
    {
        Node[] nodes = [.. order.Where(_uses.IsNeeded)];
        int[] lastUse = new int[_bytes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            lastUse.AsSpan(_first[nodes[i].Index].._first[nodes[i].Index + 1]).Fill(i);
            foreach (int operand in _operands[nodes[i].Index])
            {
                lastUse[operand] = i;
            }
        }

        long[] taken = new long[nodes.Length];
        long[] freed = new long[nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            for (int value = _first[nodes[i].Index]; value < _first[nodes[i].Index + 1]; value++)
            {
                taken[i] += _bytes[value];
                freed[lastUse[value]] += _bytes[value];
            }
        }

        (long live, long peak, int at) = (0, 0, 0);
        for (int i = 0; i < nodes.Length; i++)
        {
            live += taken[i];

            // An element-wise result takes the memory of an operand that ends here.
            long bytes = nodes[i].Operation is PointwiseChain ? live - freed[i] : live;
            (peak, at) = bytes > peak ? (bytes, nodes[i].Index) : (peak, at);
            live -= freed[i];
        }

        return (peak, at);
    }

    /// <summary>The value whose memory a value is: reshapes have none of their own.</summary>
    /// <param name="value">The value.</param>
    public static Value Root(Value value)
    {
        while (value.Producer.Operation is Reshape)
        {
            value = value.Producer.Inputs[0];
        }

        return value;
    }

    private int NumberOf(Value value) => _first[value.Producer.Index] + value.OutputIndex;

    // What the caller or others hold is there in any order.
    private long BytesOf(Value value) =>
        value.Producer.Operation is Input or ReadVariable or Reshape || _uses.IsResult(value) ? 0 : value.Type.Bytes;
}
