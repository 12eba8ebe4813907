using System.Text;

namespace Fovea.Data;

/// <summary>
/// The compressed form of a mask's runs. From the fourth on, a run is stored as its difference to the one before the last; each value in
/// groups of five bits, lowest first, a sixth bit saying that more follow, as one character from '0' on.
/// </summary>
internal static class RunLengthText
{
    private const char Zero = '0';
    private const int More = 0x20;
    private const int Sign = 0x10;

    // A difference of two lengths below 2³¹ takes 32 bits with its sign, in seven groups.
    private const int MaxBits = 35;

    /// <summary>Reads the lengths of the runs.</summary>
    /// <exception cref="FormatException">A character is outside the code, a number is cut off or too large.</exception>
    public static int[] Read(string text)
    {
        List<int> counts = [];
        int position = 0;
        while (position < text.Length)
        {
            int start = position;
            long value = 0;
            int bits = 0;
            int group;
            do
            {
                group = position < text.Length
                    ? text[position] - Zero
                    : throw new FormatException("The mask's text ends within a number: it was cut off.");
                if (group is < 0 or > 63)
                {
                    string found = ExceptionText.Quote(text[position].ToString());
                    throw new FormatException($"Character {position} of the mask's text is {found}; from '0' to 'o' are known.");
                }

                value |= (long)(group & 0x1f) << bits;
                bits += 5;
                position++;
            }
            while ((group & More) != 0 && bits < MaxBits);

            value -= (group & Sign) != 0 ? 1L << bits : 0;
            value += counts.Count > 2 ? counts[^2] : 0;
            counts.Add((group & More) == 0 && value is >= 0 and <= int.MaxValue
                ? (int)value
                : throw new FormatException($"The run at character {start} of the mask's text has an impossible length."));
        }

        return [.. counts];
    }

    /// <summary>Writes the lengths of the runs.</summary>
    public static string Write(ReadOnlySpan<int> counts)
    {
        StringBuilder text = new(2 * counts.Length);
        for (int run = 0; run < counts.Length; run++)
        {
            int value = counts[run] - (run > 2 ? counts[run - 2] : 0);
            bool more;
            do
            {
                int group = value & 0x1f;
                value >>= 5;
                more = value != ((group & Sign) != 0 ? -1 : 0);
                text.Append((char)(Zero + (more ? group | More : group)));
            }
            while (more);
        }

        return text.ToString();
    }
}
