namespace Fovea.Models;

/// <summary>The order in which heads that look at anchors list what they say: by level, row, column and anchor.</summary>
internal static class AnchorRows
{
    /// <summary>
    /// Joins what a head says at every position of all levels: maps (N, H, W, anchors·numbers) to (N, rows, numbers) with a row for each
    /// anchor.
    /// </summary>
    /// <param name="maps">The head's map of each level, channels grouped by anchor.</param>
    /// <param name="numbers">Numbers for each anchor.</param>
    public static Value Join(IEnumerable<Value> maps, int numbers)
    {
        Value[] rows = [.. maps.Select(map => map.Reshape([map.Shape[0], (int)(map.Shape.Elements / map.Shape[0] / numbers), numbers]))];
        return rows.Length == 1 ? rows[0] : rows.Concat(1);
    }
}
