using System.Globalization;

namespace Fovea.Compare;

/// <summary>Error of an option that is not understood.</summary>
/// <param name="message">Option, what was given and what would be right.</param>
internal sealed class OptionException(string message) : FoveaException(message)
{
    /// <summary>Reads whole numbers with commas between, such as <c>1,8</c>.</summary>
    /// <param name="option">Option, for the message.</param>
    /// <param name="text">Value that was given.</param>
    /// <exception cref="OptionException">It is something else, or a number is not from 1 to 1024.</exception>
    public static int[] ParseIntegers(string option, string text)
    {
        const int max = 1024;
        return Array.ConvertAll(text.Split(','), word =>
            int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= max
                ? number
                : throw new OptionException(
                    $"{option} {text} is not understood: give whole numbers from 1 to {max}, with commas between, such as 1,8."));
    }
}
