using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>The memory that the values of a graph take while its nodes run in an order.</summary>
/// <param name="graph">The graph.</param>
/// <param name="uses">The uses of its values.</param>
internal sealed class NodeMemory(ComputeGraph graph, UseInfo uses)
{
    private readonly long[] _bytes = [.. graph.Nodes.Select(node => BytesOf(node, uses))];
    private readonly int[][] _operands =
        [.. graph.Nodes.Select(node => node.Inputs.Select(input => Root(input.Producer)).Distinct().ToArray())];

    /// <summary>The most bytes in use at a time, and the index of the node that runs then.</summary>
    /// <param name="order">The nodes, operands first.</param>
    public (long Bytes, int At) PeakOf(IEnumerable<Node> order)
    {
        Node[] nodes = [.. order.Where(uses.IsNeeded)];
        int[] lastUse = new int[graph.Nodes.Count];
        for (int i = 0; i < nodes.Length; i++)
        {
            lastUse[nodes[i].Index] = Math.Max(lastUse[nodes[i].Index], i);
            foreach (int operand in _operands[nodes[i].Index])
            {
                lastUse[operand] = i;
            }
        }

        long[] freed = new long[nodes.Length];
        foreach (Node node in nodes)
        {
            freed[lastUse[node.Index]] += _bytes[node.Index];
        }

        (long live, long peak, int at) = (0, 0, 0);
        for (int i = 0; i < nodes.Length; i++)
        {
            live += _bytes[nodes[i].Index];

            // An element-wise result takes the memory of an operand that ends here.
            long bytes = nodes[i].Operation is PointwiseChain ? live - freed[i] : live;
            (peak, at) = bytes > peak ? (bytes, nodes[i].Index) : (peak, at);
            live -= freed[i];
        }

        return (peak, at);
    }

    /// <summary>Index of the node whose memory a node's result is: reshapes have none of their own.</summary>
    /// <param name="node">The node.</param>
    public static int Root(Node node) => node.Operation is Reshape ? Root(node.Inputs[0].Producer) : node.Index;

    // What the caller or others hold is there in any order.
    private static long BytesOf(Node node, UseInfo uses) => node.Operation is Input or ReadVariable or Reshape
        ? 0
        : node.Outputs.Where(output => !uses.IsResult(output)).Sum(output => output.Type.Bytes);
}
