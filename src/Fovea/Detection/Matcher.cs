using System.Buffers;

namespace Fovea.Detection;

/// <summary>Treatment of the boxes that overlap an object most, where even they stay below the threshold.</summary>
internal enum LowQualityMatches
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A match with the object that they themselves overlap most, as in torchvision.</summary>
    ToTheirBestObject,

    /// <summary>A match with that object, later objects before earlier ones, as in mmdetection.</summary>
    ToThatObject,
}

/// <summary>Rules by which boxes are matched with objects.</summary>
/// <param name="High">Least overlap at which a box is matched with the object that it overlaps most.</param>
/// <param name="Low">Overlap below which a box is background; between the two it is ignored.</param>
internal sealed record MatcherOptions(float High, float Low)
{
    /// <summary>Treatment of objects that no box overlaps enough.</summary>
    public LowQualityMatches LowQuality { get; init; }

    /// <summary>Least overlap of a match of low quality: mmdetection's min_pos_iou.</summary>
    public float LeastQuality { get; init; }

    /// <summary>
    /// A match even for an object that no box overlaps, with every box that does not overlap it: what the public codes do, and almost never
    /// wanted.
    /// </summary>
    public bool MatchesWithoutOverlap { get; init; }
}

/// <summary>Matches boxes with objects by intersection over union.</summary>
internal static class Matcher
{
    /// <summary>Mark of a box that shows background.</summary>
    public const int Background = -1;

    /// <summary>Mark of a box that is neither an object's nor background, or was not drawn.</summary>
    public const int Ignored = -2;

    /// <summary>Writes the index of the object for each box, or one of the marks.</summary>
    /// <param name="options">The rules.</param>
    /// <param name="objects">Boxes of the objects.</param>
    /// <param name="classes">Classes of the objects; one with a negative class is left out, such as a crowd or an empty row.</param>
    /// <param name="boxes">The boxes: anchors or proposals.</param>
    /// <param name="valid">Which boxes take part; empty if all do. The others are ignored.</param>
    /// <param name="matches">A number for each box.</param>
    public static void Match(
        MatcherOptions options,
        ReadOnlySpan<float> objects,
        ReadOnlySpan<int> classes,
        ReadOnlySpan<float> boxes,
        ReadOnlySpan<bool> valid,
        Span<int> matches)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(matches.Length);
        Span<float> overlaps = rented.AsSpan(0, matches.Length);
        using BoxColumns columns = new(boxes);
        Matching matching = new(options, matches, valid);
        for (int i = 0; i < classes.Length; i++)
        {
            if (classes[i] >= 0)
            {
                columns.Overlaps(Boxes.At(objects, i), overlaps);
                matching.Consider(i, overlaps);
            }
        }

        // An object's best boxes are known after all objects; computing overlaps again takes less than keeping them.
        for (int i = 0; i < classes.Length && options.LowQuality != LowQualityMatches.None; i++)
        {
            if (classes[i] >= 0)
            {
                columns.Overlaps(Boxes.At(objects, i), overlaps);
                matching.KeepBest(i, overlaps);
            }
        }

        matching.Decide();
        ArrayPool<float>.Shared.Return(rented);
    }
}
