namespace Fovea.Onnx;

/// <summary>
/// The cheapest way to part the vertices of a directed network into a source's and a sink's side, where each edge from the first side to
/// the second costs its capacity: the reach of the source once no way takes more flow (Edmonds and Karp's algorithm).
/// </summary>
/// <param name="vertices">The number of vertices, source and sink among them.</param>
internal sealed class MinCut(int vertices)
{
    /// <summary>The capacity of an edge that is never cut.</summary>
    public const long Never = long.MaxValue / 4;

    private readonly List<int>[] _edgesFrom = [.. Enumerable.Range(0, vertices).Select(_ => new List<int>())];
    private readonly List<(int To, long Capacity)> _edges = [];

    /// <summary>Adds an edge; its opposite, which takes flow back, has the next number.</summary>
    public void Add(int from, int to, long capacity)
    {
        _edgesFrom[from].Add(_edges.Count);
        _edges.Add((to, capacity));
        _edgesFrom[to].Add(_edges.Count);
        _edges.Add((from, 0));
    }

    /// <summary>The vertices on the source's side, as one flag for each.</summary>
    public bool[] Find(int source, int sink)
    {
        int[] edges = ShortestWays(source);
        for (; edges[sink] >= 0; edges = ShortestWays(source))
        {
            List<int> way = [];
            for (int vertex = sink; vertex != source; vertex = _edges[edges[vertex] ^ 1].To)
            {
                way.Add(edges[vertex]);
            }

            long flow = way.Min(edge => _edges[edge].Capacity);
            foreach (int edge in way)
            {
                _edges[edge] = _edges[edge] with { Capacity = _edges[edge].Capacity - flow };
                _edges[edge ^ 1] = _edges[edge ^ 1] with { Capacity = _edges[edge ^ 1].Capacity + flow };
            }
        }

        return [.. edges.Select((edge, vertex) => edge >= 0 || vertex == source)];
    }

    /// <summary>For each vertex the last edge of a shortest way to it that takes more flow; −1 where there is none.</summary>
    private int[] ShortestWays(int source)
    {
        int[] last = new int[vertices];
        Array.Fill(last, -1);
        Queue<int> open = new([source]);
        while (open.TryDequeue(out int vertex))
        {
            foreach (int edge in _edgesFrom[vertex])
            {
                (int to, long capacity) = _edges[edge];
                if (capacity > 0 && last[to] < 0 && to != source)
                {
                    last[to] = edge;
                    open.Enqueue(to);
                }
            }
        }

        return last;
    }
}
