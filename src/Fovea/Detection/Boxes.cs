using System.Runtime.CompilerServices;

namespace Fovea.Detection;

/// <summary>
/// Arithmetic on boxes. A box is four numbers, x1, y1, x2, y2 in pixels from the image's upper left corner; its sides are the differences,
/// without any "+1". Many boxes are a span with four numbers for each.
/// </summary>
internal static class Boxes
{
    /// <summary>Numbers of a box.</summary>
    public const int Numbers = 4;

    /// <summary>One box of many.</summary>
    public static ReadOnlySpan<float> At(ReadOnlySpan<float> boxes, int index) => boxes.Slice(Numbers * index, Numbers);

    /// <summary>One box of many, to be written.</summary>
    public static Span<float> At(Span<float> boxes, int index) => boxes.Slice(Numbers * index, Numbers);

    /// <summary>Area in square pixels; negative where only one side is turned around.</summary>
    public static float Area(ReadOnlySpan<float> box) => (box[2] - box[0]) * (box[3] - box[1]);

    /// <summary>
    /// Intersection over union of two boxes, in [0, 1]; 0 for boxes that do not meet, boxes without extent among them.
    /// </summary>
    public static float Overlap(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        Overlap(
            Math.Min(a[2], b[2]) - Math.Max(a[0], b[0]),
            Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]),
            Area(a),
            Area(b));

    /// <summary>Intersection over union from the sides of the intersection, negative for boxes that do not meet, and both areas.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Overlap(float width, float height, float areaA, float areaB)
    {
        float intersection = Math.Max(width, 0) * Math.Max(height, 0);
        return intersection > 0 ? intersection / (areaA + areaB - intersection) : 0;
    }

    /// <summary>Moves the corners of boxes into an image.</summary>
    public static void Clip(Span<float> boxes, int height, int width)
    {
        for (int i = 0; i < boxes.Length; i += 2)
        {
            boxes[i] = Math.Clamp(boxes[i], 0f, width);
            boxes[i + 1] = Math.Clamp(boxes[i + 1], 0f, height);
        }
    }

    /// <summary>Says whether both sides of a box have at least a length in pixels.</summary>
    public static bool HasSides(ReadOnlySpan<float> box, float least) => box[2] - box[0] >= least && box[3] - box[1] >= least;
}
