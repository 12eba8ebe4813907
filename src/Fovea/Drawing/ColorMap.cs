namespace Fovea.Drawing;

/// <summary>Colours of the numbers from 0 to 1, from dark to light without a step back, so that they read in grey as well.</summary>
public sealed class ColorMap
{
    private readonly Color[] _anchors;

    private ColorMap(params Color[] anchors) => _anchors = anchors;

    /// <summary>Violet over green to yellow: matplotlib's "viridis".</summary>
    public static ColorMap Viridis { get; } = new(
        new(68, 1, 84), new(72, 40, 120), new(62, 74, 137), new(49, 104, 142), new(38, 130, 142),
        new(31, 158, 137), new(53, 183, 121), new(109, 205, 89), new(180, 222, 44), new(253, 231, 37));

    /// <summary>Black over red to pale yellow: matplotlib's "inferno".</summary>
    public static ColorMap Inferno { get; } = new(
        new(0, 0, 4), new(27, 12, 66), new(75, 12, 107), new(120, 28, 109), new(165, 44, 96),
        new(207, 68, 70), new(237, 105, 37), new(251, 155, 6), new(247, 208, 60), new(252, 255, 164));

    /// <summary>Black to white.</summary>
    public static ColorMap Grey { get; } = new(Color.Black, Color.White);

    /// <summary>Gives the colour of a number.</summary>
    /// <param name="value">0 to 1; what lies beyond is taken as the end, and NaN as 0.</param>
    public Color At(float value)
    {
        float position = (float.IsNaN(value) ? 0 : Math.Clamp(value, 0, 1)) * (_anchors.Length - 1);
        int lower = Math.Min((int)position, _anchors.Length - 2);
        float part = position - lower;
        (Color a, Color b) = (_anchors[lower], _anchors[lower + 1]);
        return new Color(Between(a.Red, b.Red), Between(a.Green, b.Green), Between(a.Blue, b.Blue));

        byte Between(byte from, byte to) => (byte)MathF.Round(from + ((to - from) * part));
    }
}
