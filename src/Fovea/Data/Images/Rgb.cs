namespace Fovea.Data;

/// <summary>A colour of 8 bits a channel; the default is black.</summary>
/// <param name="Red">0 to 255.</param>
/// <param name="Green">0 to 255.</param>
/// <param name="Blue">0 to 255.</param>
public readonly record struct Rgb(byte Red, byte Green, byte Blue)
{
    /// <summary>True where all three channels are the same.</summary>
    internal bool IsGrey => Red == Green && Green == Blue;

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
