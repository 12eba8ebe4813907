using System.Globalization;

namespace Fovea.Data;

/// <summary>A colour of 8 bits a channel; the default is black.</summary>
/// <param name="Red">0 to 255.</param>
/// <param name="Green">0 to 255.</param>
/// <param name="Blue">0 to 255.</param>
public readonly record struct Rgb(byte Red, byte Green, byte Blue)
{
    /// <summary>True where all three channels are the same.</summary>
    internal bool IsGrey => Red == Green && Green == Blue;

    /// <summary>Reads a colour from six hexadecimal digits behind a #, such as <c>#804020</c>.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static Rgb Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text is ['#', _, _, _, _, _, _]
            && int.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int number)
            ? new Rgb((byte)(number >> 16), (byte)(number >> 8), (byte)number)
            : throw new FormatException($"'{text}' is no colour: give six hexadecimal digits behind a #.");
    }

    /// <summary>Writes the colour as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => $"#{Red:x2}{Green:x2}{Blue:x2}";

    /// <summary>The mean colour of a preprocessing, rounded, as timm fills what moves into an image with.</summary>
    /// <param name="preprocessing">Channels and mean.</param>
    internal static Rgb MeanOf(Preprocessing preprocessing)
    {
        float[] mean = preprocessing.Mean;
        return mean.Length == 1
            ? new Rgb(Round(mean[0]), Round(mean[0]), Round(mean[0]))
            : new Rgb(Round(mean[0]), Round(mean[1]), Round(mean[2]));

        // The digits of a float, so that 0.1f is a tenth and not a little more.
        static byte Round(float value) => (byte)Math.Clamp(Math.Round((decimal)value * 255, MidpointRounding.ToEven), 0, 255);
    }
}
