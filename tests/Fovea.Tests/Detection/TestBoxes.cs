using CsCheck;
using Fovea.Detection;

namespace Fovea.Tests.Detection;

/// <summary>Random boxes around an image of 64 by 64 pixels.</summary>
internal static class TestBoxes
{
    public static Gen<float[]> Box { get; } =
        Gen.Select(Gen.Float[-20, 60], Gen.Float[-20, 60], Gen.Float[1, 50], Gen.Float[1, 50])
            .Select((left, top, width, height) => new[] { left, top, left + width, top + height });

    public static Gen<float[]> Many { get; } = Box.Array[0, 40].Select(boxes => boxes.SelectMany(box => box).ToArray());

    /// <summary>Scores with many ties.</summary>
    public static float[] Scores(int count, int seed) =>
        [.. Enumerable.Range(0, count).Select(i => (((i + 1) * 7919 * (seed + 1)) % 23) / 23f)];

    public static int[] Classes(int count, int classes) => [.. Enumerable.Range(0, count).Select(i => i * 31 % classes)];

    public static int CountOf(float[] boxes) => boxes.Length / Boxes.Numbers;
}
