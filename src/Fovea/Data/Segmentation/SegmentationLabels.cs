using System.Text.Json.Serialization;

namespace Fovea.Data;

/// <summary>Meaning of the numbers in the label maps of a set.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SegmentationLabels
{
    /// <summary>Number of the pixels that are neither learnt nor counted, 0 to 255.</summary>
    public int Ignored { get; init; } = ISegmentationDataset.Ignored;

    /// <summary>
    /// True if 0 stands for none of the classes, as in ADE20K: its pixels are left out, and all other numbers but 255 go down by one.
    /// </summary>
    public bool ReduceZeroLabel { get; init; }

    /// <summary>
    /// Name of a class in front of the others for pixels outside of all objects, where the classes come from masks of objects; null to
    /// leave these pixels out.
    /// </summary>
    public string? Background { get; init; }

    /// <summary>Checks that the members make sense.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        OptionCheck check = new(nameof(SegmentationLabels));
        check.Require(Ignored is >= 0 and <= byte.MaxValue, nameof(Ignored), "from 0 to 255", Ignored);
        check.Require(Background is null || Background.Trim().Length > 0, nameof(Background), "a name", Background!);
    }
}
