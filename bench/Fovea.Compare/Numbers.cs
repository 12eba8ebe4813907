using System.Globalization;

namespace Fovea.Compare;

/// <summary>Numbers as people read them.</summary>
internal static class Numbers
{
    private static readonly string[] _units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Writes a whole number with its thousands apart: 1,234,567.</summary>
    public static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Writes a share (0 to 1) in percent: 88.4 %.</summary>
    public static string Percent(double share) => Fixed(share * 100, 1) + " %";

    /// <summary>Writes a number with a fixed number of decimals: 0.43.</summary>
    public static string Fixed(double value, int decimals) => value.ToString("F" + decimals, CultureInfo.InvariantCulture);

    /// <summary>Writes bytes with three digits and a binary unit: 12.3 MiB.</summary>
    public static string Bytes(double value)
    {
        // 999.5 would read 1000, which belongs to the next unit.
        int unit = 0;
        for (; value >= 999.5 && unit < _units.Length - 1; unit++)
        {
            value /= 1024;
        }

        return $"{Fixed(value, unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)} {_units[unit]}";
    }
}
