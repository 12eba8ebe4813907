using System.Globalization;

namespace Fovea.Cli.Terminal;

/// <summary>Numbers as people read them, the same in every language of the system.</summary>
internal static class Numbers
{
    private static readonly string[] _thousands = ["", " k", " M", " G", " T", " P"];
    private static readonly string[] _binary = [" B", " KiB", " MiB", " GiB", " TiB", " PiB"];

    /// <summary>A count with three digits and a decimal unit: 999, 1.23 M, 25.6 M, 4.09 G.</summary>
    public static string Count(double value) => Scaled(value, 1000, _thousands);

    /// <summary>Bytes with three digits and a binary unit: 12 B, 12.3 MiB.</summary>
    public static string Bytes(double value) => Scaled(value, 1024, _binary);

    /// <summary>A whole number with its thousands apart: 1,234,567.</summary>
    public static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share (0 to 1) in percent: 88.4 %.</summary>
    public static string Percent(double share, int decimals = 1) =>
        (share * 100).ToString("F" + decimals, CultureInfo.InvariantCulture) + " %";

    /// <summary>A share (0 to 1) in percent, or a dash where there was nothing to take it of.</summary>
    public static string Share(double share) => double.IsNaN(share) ? "-" : Percent(share);

    /// <summary>A number with a fixed number of decimals: 0.4321.</summary>
    public static string Fixed(double value, int decimals = 4) => value.ToString("F" + decimals, CultureInfo.InvariantCulture);

    /// <summary>A time: 820 µs, 12.3 ms, 4.5 s, 1 m 05 s, 2 h 03 m.</summary>
    public static string Duration(TimeSpan time)
    {
        double seconds = time.TotalSeconds;

        // Half a unit below each border, so that rounding never shows 60 s.
        return seconds switch
        {
            < 0 => "-" + Duration(-time),
            0 => "0 s",
            < 0.9995e-3 => Digits(seconds * 1e6) + " µs",
            < 0.9995 => Digits(seconds * 1e3) + " ms",
            < 9.95 when seconds != Math.Floor(seconds) => seconds.ToString("F1", CultureInfo.InvariantCulture) + " s",
            < 59.5 => seconds.ToString("F0", CultureInfo.InvariantCulture) + " s",
            < 3599.5 => Pair(Math.Round(seconds), 60, "m", "s"),
            _ => Pair(Math.Round(seconds / 60), 60, "h", "m"),
        };
    }

    private static string Pair(double value, int perUnit, string unit, string smaller) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(value / perUnit):F0} {unit} {value % perUnit:00} {smaller}");

    private static string Scaled(double value, double step, string[] units)
    {
        if (!double.IsFinite(value))
        {
            return value.ToString(CultureInfo.InvariantCulture);
        }

        // 999.5 would read 1000: it belongs to the next unit.
        int unit = 0;
        while (Math.Abs(value) >= 999.5 && unit < units.Length - 1)
        {
            value /= step;
            unit++;
        }

        string digits = unit == 0 && value == Math.Round(value) ? value.ToString("F0", CultureInfo.InvariantCulture) : Digits(value);
        return digits + units[unit];
    }

    private static string Digits(double value) => value.ToString(
        Math.Abs(value) switch
        {
            < 9.995 => "F2",
            < 99.95 => "F1",
            _ => "F0",
        },
        CultureInfo.InvariantCulture);
}
