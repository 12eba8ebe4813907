namespace Fovea.Engine.Kernels;

/// <summary>
/// A bias table [H, N, M] laid out as scores are: for each head and strip of queries a panel of keys × lanes, as binary exponents, so that
/// the scores' sums begin with it.
/// </summary>
internal static unsafe class PackedBiasTable
{
    /// <summary>Floats of the packed table.</summary>
    public static nint Floats(in AttentionGeometry geometry) => Panel(geometry, geometry.Heads, 0);

    /// <summary>Independent parts of <see cref="Pack"/>: strips of all heads.</summary>
    public static int Parts(in AttentionGeometry geometry) => geometry.Heads * geometry.Strips;

    /// <summary>Packs parts [<paramref name="first"/>, <paramref name="last"/>) of a table [H, N, M].</summary>
    public static void Pack(in AttentionGeometry geometry, float* table, float* packed, int first, int last)
    {
        for (int part = first; part < last; part++)
        {
            (int head, int index) = Math.DivRem(part, geometry.Strips);
            (int First, int Count, int Lanes) strip = geometry.Strip(index);
            StridedRows rows = new(table + ((nint)head * geometry.Queries + strip.First) * geometry.Keys, geometry.Keys);
            AttentionTile.PackTransposed(
                rows, strip.Count, geometry.Keys, Exponential.BinaryPerNatural, packed + Panel(geometry, head, index), strip.Lanes);
        }
    }

    /// <summary>Offset of the panel of a head's strip.</summary>
    public static nint Panel(in AttentionGeometry geometry, int head, int index)
    {
        (int First, int Count, int Lanes) last = geometry.Strip(geometry.Strips - 1);
        return ((nint)head * (last.First + last.Lanes) + geometry.Strip(index).First) * geometry.Keys;
    }
}
