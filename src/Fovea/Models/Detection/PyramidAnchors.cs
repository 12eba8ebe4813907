using Fovea.Detection;

namespace Fovea.Models;

/// <summary>Anchors of all levels of a pyramid for one size of the network's input.</summary>
internal sealed class PyramidAnchors
{
    /// <summary>Writes the anchors down.</summary>
    /// <param name="generator">Generator of a level for each map.</param>
    /// <param name="maps">Maps (N, H, W, C) of the levels.</param>
    /// <param name="height">Rows of the input, padding included.</param>
    /// <param name="width">Columns of the input, padding included.</param>
    public PyramidAnchors(AnchorGenerator generator, IReadOnlyList<Value> maps, int height, int width)
    {
        Maps = [.. maps.Select(map => (map.Shape[1], map.Shape[2]))];
        LevelSizes = [.. maps.Select((map, level) => map.Shape[1] * map.Shape[2] * generator.Levels[level].PerCell)];
        Count = LevelSizes.Sum();
        Boxes = new float[Count * Detection.Boxes.Numbers];
        int first = 0;
        for (int level = 0; level < maps.Count; level++)
        {
            Span<float> boxes = Boxes.AsSpan(first * Detection.Boxes.Numbers, LevelSizes[level] * Detection.Boxes.Numbers);
            generator.Write(level, maps[level].Shape[1], maps[level].Shape[2], height, width, boxes);
            first += LevelSizes[level];
        }
    }

    /// <summary>Rows and columns of each level.</summary>
    public IReadOnlyList<(int Rows, int Columns)> Maps { get; }

    /// <summary>Number of anchors.</summary>
    public int Count { get; }

    /// <summary>Number of anchors of each level.</summary>
    public int[] LevelSizes { get; }

    /// <summary>The anchors, level after level.</summary>
    public float[] Boxes { get; }
}
