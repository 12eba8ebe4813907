using Fovea.Detection;

namespace Fovea.Onnx.Emitters;

/// <summary>The best boxes that suppression leaves, in descending order of score; room that is left over is empty.</summary>
/// <param name="Boxes">Boxes (room, 4), 0 where there is none.</param>
/// <param name="Scores">Scores (room), 0 where there is none.</param>
/// <param name="Indices">Index of each among the candidates (room).</param>
/// <param name="IsThere">Truth of there being one (room).</param>
internal readonly record struct ChosenBoxes(string Boxes, string Scores, string Indices, string IsThere);

/// <summary>
/// Writes the choice of the best boxes by non-maximum suppression, with room for a fixed number. Scores are at least 0, and
/// <see cref="NoScore"/> for a candidate that takes no part.
/// </summary>
/// <param name="graph">The file's graph.</param>
/// <param name="options">Threshold of overlap.</param>
/// <param name="scoreAbove">Score that is exceeded.</param>
/// <param name="room">Room for boxes.</param>
internal sealed class Suppression(OnnxGraph graph, SuppressionOptions options, float scoreAbove, int room)
{
    /// <summary>Score of a candidate that takes no part.</summary>
    public const float NoScore = -1;

    /// <summary>Chooses among boxes that each belong to one group; those of different groups do not meet.</summary>
    /// <param name="boxes">Boxes (K, 4).</param>
    /// <param name="scores">Scores (K).</param>
    /// <param name="groups">Group of each box (K).</param>
    /// <param name="groupCount">Number of groups.</param>
    /// <param name="count">K.</param>
    public ChosenBoxes AmongGroups(string boxes, string scores, string groups, int groupCount, int count)
    {
        string apart = graph.Add(
            "ScatterElements",
            [Filled(groupCount, count), graph.Reshape(groups, 1, count), graph.Reshape(scores, 1, count)],
            new OnnxAttribute("axis", 0L));
        string left = Suppress(graph.Reshape(boxes, 1, count, 4), graph.Reshape(apart, 1, groupCount, count));
        return Best(boxes, scores, Column(left, 2), count);
    }

    /// <summary>Chooses among regions with a box for each class; those of different classes do not meet.</summary>
    /// <param name="boxes">Boxes (K, classes, 4).</param>
    /// <param name="scores">Scores (K, classes).</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="count">K.</param>
    /// <returns>Boxes whose indices are those of a region times the number of classes, and the class.</returns>
    public ChosenBoxes AmongRegions(string boxes, string scores, int classes, int count)
    {
        string byClass = graph.Reshape(graph.Transpose(scores, 1, 0), classes, 1, count);
        string left = Suppress(graph.Transpose(boxes, 1, 0, 2), byClass);
        string rows = graph.Add("Mul", [Column(left, 2), graph.Integers(classes)]);
        string indices = graph.Add("Add", [rows, Column(left, 0)]);
        return Best(graph.Reshape(boxes, -1, 4), graph.Reshape(scores, -1), indices, count * classes);
    }

    /// <summary>Rows (batch, group, box) of what is left; a group needs no more of them than there is room for all.</summary>
    private string Suppress(string boxes, string scores) => graph.Add(
        "NonMaxSuppression",
        [
            boxes,
            scores,
            graph.Integers(room),
            graph.Number(options.LargestOverlap),
            graph.Number(Math.Max(scoreAbove, NoScore)),
        ]);

    /// <summary>Those of the largest scores, equal ones in the order of the candidates.</summary>
    private ChosenBoxes Best(string boxes, string scores, string left, int count)
    {
        OnnxAttribute first = new("axis", 0L);
        string ofThose = graph.Add("Gather", [scores, left], first);
        string remaining = graph.Add("ScatterElements", [Filled(Math.Max(count, room)), left, ofThose], first);
        IReadOnlyList<string> top = graph.Add("TopK", [remaining, graph.Integers(room)], 2, []);
        string isThere = graph.Add("Greater", [top[0], graph.Number(NoScore)]);
        string indices = count < room ? graph.Add("Min", [top[1], graph.Integers(count - 1)]) : top[1];
        string nothing = graph.Number(0);
        return new ChosenBoxes(
            graph.Add("Where", [graph.Reshape(isThere, -1, 1), graph.Add("Gather", [boxes, indices], first), nothing]),
            graph.Add("Where", [isThere, top[0], nothing]),
            indices,
            isThere);
    }

    private string Filled(params long[] shape) => graph.Add("Expand", [graph.Number(NoScore), graph.Integers(shape)]);

    private string Column(string rows, int column) => graph.Reshape(graph.Slice(rows, 1, column, 1), -1);
}
