namespace Fovea.Onnx.Emitters;

/// <summary>The rows of each level with the largest scores.</summary>
internal sealed class BestOfLevels
{
    private readonly int[] _counts;

    /// <summary>Chooses.</summary>
    /// <param name="graph">The file's graph.</param>
    /// <param name="scores">Score of each row, level after level.</param>
    /// <param name="sizes">Number of rows of each level.</param>
    /// <param name="perLevel">Largest number of rows that a level gives.</param>
    public BestOfLevels(OnnxGraph graph, string scores, IReadOnlyList<int> sizes, int perLevel)
    {
        OnnxAttribute axis = new("axis", 0L);
        _counts = new int[sizes.Count];
        List<string> best = [];
        List<string> indices = [];
        int first = 0;
        for (int level = 0; level < sizes.Count; level++)
        {
            int count = Math.Min(perLevel, sizes[level]);
            IReadOnlyList<string> top = graph.Add("TopK", [graph.Slice(scores, 0, first, sizes[level]), graph.Integers(count)], 2, []);
            best.Add(top[0]);
            indices.Add(graph.Add("Add", [top[1], graph.Integers(first)]));
            first += sizes[level];
            _counts[level] = count;
        }

        Scores = graph.Add("Concat", best, axis);
        Indices = graph.Add("Concat", indices, axis);
    }

    /// <summary>Number of rows.</summary>
    public int Count => _counts.Sum();

    /// <summary>Scores of the rows.</summary>
    public string Scores { get; }

    /// <summary>Indices of the rows among all.</summary>
    public string Indices { get; }

    /// <summary>Adds the level of each row.</summary>
    public string Levels(OnnxGraph graph) => graph.Add(
        "Concat",
        [.. _counts.Select((count, level) => graph.Add("Expand", [graph.Integers(level), graph.Integers(count)]))],
        new OnnxAttribute("axis", 0L));
}
