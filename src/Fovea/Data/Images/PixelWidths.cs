using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Data;

/// <summary>Conversion of pixels between four bytes, as SkiaSharp has them, and three.</summary>
internal static class PixelWidths
{
    private static readonly Vector128<byte> _colours = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255);

    /// <summary>Drops the last byte of each four.</summary>
    /// <param name="source">Red, green, blue, alpha of each pixel.</param>
    /// <param name="destination">Red, green, blue of each pixel.</param>
    public static void DropAlpha(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int pixels = source.Length / 4;
        int done = 0;

        // A vector writes sixteen bytes of which twelve are right; the next one mends the others, the last pixels go one by one.
        for (; done + 6 <= pixels; done += 4)
        {
            Vector128<byte> four = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(source), (nuint)(done * 4));
            Vector128.Shuffle(four, _colours).StoreUnsafe(ref MemoryMarshal.GetReference(destination), (nuint)(done * 3));
        }

        for (; done < pixels; done++)
        {
            source.Slice(done * 4, 3).CopyTo(destination[(done * 3)..]);
        }
    }

    /// <summary>Adds a fourth byte, 255, to each three.</summary>
    /// <param name="source">Red, green, blue of each pixel.</param>
    public static byte[] AddAlpha(ReadOnlySpan<byte> source)
    {
        byte[] result = GC.AllocateUninitializedArray<byte>(source.Length / 3 * 4);
        for (int pixel = 0; pixel < result.Length / 4; pixel++)
        {
            source.Slice(pixel * 3, 3).CopyTo(result.AsSpan(pixel * 4));
            result[(pixel * 4) + 3] = byte.MaxValue;
        }

        return result;
    }
}
