using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Brings memory into cache before it is needed, on processors for which .NET has an instruction for it; elsewhere nothing happens.
/// </summary>
internal static unsafe class CachePrefetch
{
    private const int LineFloats = 16;

    /// <summary>Fetches rows of <paramref name="length"/> floats that stand <paramref name="stride"/> floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Rows(float* first, nint stride, int rows, nint length)
    {
        if (Sse.IsSupported)
        {
            for (int row = 0; row < rows; row++)
            {
                for (nint line = 0; line < length; line += LineFloats)
                {
                    Sse.Prefetch0(first + line);
                }

                first += stride;
            }
        }
    }

    /// <summary>Fetches the line around a place into the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Later(byte* place)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(place);
        }
    }
}
