namespace Fovea.Onnx;

/// <summary>
/// The cheapest way to part the nodes of a directed network into a source's and a sink's side, where each edge from the first side to the second costs its
/// capacity: the reach of the source once a maximal flow is found (Dinic's algorithm).
/// </summary>
/// <param name="nodes">How many nodes there are, source and sink among them.</param>
internal sealed class MinCut(int nodes)
{
    /// <summary>The capacity of an edge that is never cut.</summary>
    public const long Never = long.MaxValue / 4;

    private readonly List<int>[] _edgesFrom = [.. Enumerable.Range(0, nodes).Select(_ => new List<int>())];
    private readonly List<(int To, long Capacity)> _edges = [];
    private readonly int[] _levels = new int[nodes];
    private readonly int[] _next = new int[nodes];

    /// <summary>Adds an edge; its opposite, which takes flow back, has the next number.</summary>
    public void Add(int from, int to, long capacity)
    {
        _edgesFrom[from].Add(_edges.Count);
        _edges.Add((to, capacity));
        _edgesFrom[to].Add(_edges.Count);
        _edges.Add((from, 0));
    }

    /// <summary>Which nodes are on the source's side.</summary>
    public bool[] Find(int source, int sink)
    {
        while (Reach(source)[sink] >= 0)
        {
            Array.Clear(_next);
            while (Push(source, sink, Never) > 0)
            {
            }
        }

        return [.. _levels.Select(level => level >= 0)];
    }

    /// <summary>The distance of each node from the source along edges that still take flow; −1 where there is no way.</summary>
    private int[] Reach(int source)
    {
        Array.Fill(_levels, -1);
        _levels[source] = 0;
        Queue<int> open = new([source]);
        while (open.TryDequeue(out int node))
        {
            foreach (int edge in _edgesFrom[node])
            {
                (int to, long capacity) = _edges[edge];
                if (capacity > 0 && _levels[to] < 0)
                {
                    _levels[to] = _levels[node] + 1;
                    open.Enqueue(to);
                }
            }
        }

        return _levels;
    }

    /// <summary>Sends flow along one way; a stack of its own, as ways are as long as the network is deep.</summary>
    private long Push(int source, int sink, long limit)
    {
        Stack<int> way = [];
        for (int node = source; node != sink;)
        {
            if (_next[node] < _edgesFrom[node].Count)
            {
                int edge = _edgesFrom[node][_next[node]];
                (int to, long capacity) = _edges[edge];
                if (capacity > 0 && _levels[to] == _levels[node] + 1)
                {
                    way.Push(edge);
                    node = to;
                }
                else
                {
                    _next[node]++;
                }
            }
            else if (way.TryPop(out int back))
            {
                // A dead end: the edge that led here is not tried again.
                node = _edges[back ^ 1].To;
                _next[node]++;
            }
            else
            {
                return 0;
            }
        }

        long flow = way.Aggregate(limit, (least, edge) => Math.Min(least, _edges[edge].Capacity));
        foreach (int edge in way)
        {
            _edges[edge] = _edges[edge] with { Capacity = _edges[edge].Capacity - flow };
            _edges[edge ^ 1] = _edges[edge ^ 1] with { Capacity = _edges[edge ^ 1].Capacity + flow };
        }

        return flow;
    }
}
