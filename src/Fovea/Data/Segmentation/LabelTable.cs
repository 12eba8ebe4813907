namespace Fovea.Data;

/// <summary>Class of each number that a label map may hold.</summary>
internal sealed class LabelTable
{
    /// <summary>The most classes of a set: one byte also says that a pixel is left out, or of no class.</summary>
    public const int MaxClasses = Beyond;

    private const byte Beyond = 254;
    private readonly byte[] _labels = new byte[256];

    /// <summary>Makes a table.</summary>
    /// <param name="labels">Meaning of the numbers.</param>
    /// <param name="classes">Label of each class of the set, in the order of its numbers.</param>
    public LabelTable(SegmentationLabels labels, IReadOnlyList<int> classes)
    {
        for (int number = 0; number < _labels.Length; number++)
        {
            bool isNone = labels.ReduceZeroLabel && (number is 0 or byte.MaxValue);
            int own = labels.ReduceZeroLabel ? number - 1 : number;
            _labels[number] = isNone || own == labels.Ignored ? ISegmentationDataset.Ignored
                : own < classes.Count ? (byte)classes[own]
                : Beyond;
        }
    }

    /// <summary>Puts classes in the place of a map's numbers.</summary>
    /// <param name="numbers">Numbers as the map holds them; become labels.</param>
    /// <returns>The smallest number that stands for no class; null if there is none.</returns>
    public int? Apply(Span<byte> numbers)
    {
        int beyond = int.MaxValue;
        foreach (ref byte number in numbers)
        {
            byte label = _labels[number];
            beyond = label == Beyond ? Math.Min(beyond, number) : beyond;
            number = label;
        }

        return beyond == int.MaxValue ? null : beyond;
    }
}
