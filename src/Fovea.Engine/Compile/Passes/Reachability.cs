using Fovea.Engine.Graph;

namespace Fovea.Engine.Compile.Passes;

/// <summary>
/// For each node of a graph the set of nodes from which a way leads to it, itself included, where nodes can be united: a way into one of
/// the united nodes goes on from all of them.
/// </summary>
/// <param name="nodes">The number of the graph's nodes.</param>
internal sealed class Reachability(int nodes)
{
    private readonly ulong[][] _sets = new ulong[nodes][];
    private readonly int _words = (nodes + 63) / 64;
    private int _added;

    /// <summary>True if a way leads from the second node to the first, or they are united.</summary>
    public bool Contains(Node node, Node ancestor) => Has(_sets[node.Index], ancestor.Index);

    /// <summary>Adds a node behind its inputs; nodes are added in the graph's order.</summary>
    public void Add(Node node)
    {
        ulong[] set = new ulong[_words];
        set[node.Index / 64] = 1ul << (node.Index % 64);
        foreach (Value input in node.Inputs)
        {
            Include(set, _sets[input.Producer.Index]);
        }

        _sets[node.Index] = set;
        _added = node.Index + 1;
    }

    /// <summary>Unites two nodes with all that they were united with before.</summary>
    public void Unite(Node node, Node other)
    {
        ulong[] first = _sets[node.Index];
        ulong[] second = _sets[other.Index];
        ulong[] together = [.. first];
        Include(together, second);
        for (int i = Math.Min(node.Index, other.Index); i < _added; i++)
        {
            if (_sets[i] == first || _sets[i] == second)
            {
                _sets[i] = together;
            }
            else if (Has(_sets[i], node.Index) || Has(_sets[i], other.Index))
            {
                Include(_sets[i], together);
            }
        }
    }

    private static bool Has(ulong[] set, int index) => (set[index / 64] & (1ul << (index % 64))) != 0;

    private static void Include(ulong[] set, ulong[] more)
    {
        for (int i = 0; i < set.Length; i++)
        {
            set[i] |= more[i];
        }
    }
}
