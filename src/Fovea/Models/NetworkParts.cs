namespace Fovea.Models;

/// <summary>
/// Parts of a network, the stem, its stages and the head, and the modules that belong to each. The graph alone tells: the stem ends at the
/// value marked <c>stem</c>, each stage at its own mark, and the rest is the head, pooling included. A dense head has parts of its own,
/// such as a pyramid, which end at marks as well.
/// </summary>
internal sealed class NetworkParts
{
    /// <summary>Name of the part in front of the first stage.</summary>
    public const string Stem = "stem";

    /// <summary>Name of the part behind the last stage.</summary>
    public const string Head = "head";

    private readonly Dictionary<string, string?> _partOfPath = [];
    private readonly List<(string Name, int LastNode)> _ends;
    private readonly string _last;

    /// <summary>Reads the parts from a graph that the network was built in.</summary>
    /// <param name="network">The network.</param>
    /// <param name="graph">The graph as the network built it, before any pass.</param>
    public NetworkParts(Network network, ComputeGraph graph)
    {
        IReadOnlyList<string> ofHead = network.Head is DenseHead dense ? dense.Parts : [Head];
        string[] marked = [Stem, .. network.Stages.Select(stage => stage.Name), .. ofHead.SkipLast(1)];
        _last = ofHead[^1];
        _ends = [.. marked.Where(graph.Marks.ContainsKey).Select(name => (name, graph.Marks[name].Producer.Index))];
        Names = [.. _ends.Select(end => end.Name), _last];
        foreach (Node node in graph.Nodes)
        {
            string part = PartOf(node);
            if (!_partOfPath.TryAdd(node.Path, part) && _partOfPath[node.Path] != part)
            {
                _partOfPath[node.Path] = null;
            }
        }
    }

    /// <summary>The parts in the order in which an image passes them.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The part that a node of the network's own graph belongs to; not for gradients, which follow the whole network.</summary>
    public string PartOf(Node node)
    {
        foreach ((string name, int lastNode) in _ends)
        {
            if (node.Index <= lastNode)
            {
                return name;
            }
        }

        return _last;
    }

    /// <summary>
    /// The part that a module path belongs to, in any graph derived from the network's: planned, or with gradients. Null where it
    /// belongs to several parts, as the network's own path does, or to none.
    /// </summary>
    public string? PartOf(string path) => _partOfPath.GetValueOrDefault(path);
}
