using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The transposes of <see cref="WinogradTwo"/>, which lead gradients through it: with Y the gradient of a tile's outputs and D = Bᵀ·d·B its
/// transformed input, the gradient of the taps is Gᵀ·(Σ over tiles of (A·Y·Aᵀ) ⊙ D)·G.
/// </summary>
internal static unsafe class WinogradWeightGradientTransforms
{
    private const int Lanes = 8;

    /// <summary>Transforms the gradient of a tile of outputs, A·Y·Aᵀ, for eight channels beside each other.</summary>
    /// <param name="tile">The four pixels, row by row, a vector for each.</param>
    /// <param name="target">The first of 16 positions.</param>
    /// <param name="stride">Floats between positions.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OutputGradient(float* tile, float* target, nint stride)
    {
        Vector256<float> y00 = Vector256.Load(tile);
        Vector256<float> y01 = Vector256.Load(tile + Lanes);
        Vector256<float> y10 = Vector256.Load(tile + (2 * Lanes));
        Vector256<float> y11 = Vector256.Load(tile + (3 * Lanes));
        Line(y00, y01, target, stride);
        Line(y00 + y10, y01 + y11, target + (4 * stride), stride);
        Line(y00 - y10, y01 - y11, target + (8 * stride), stride);
        Line(y10, y11, target + (12 * stride), stride);
    }

    /// <summary>Transforms the products of all tiles to the gradient of nine taps, Gᵀ·M·G, for eight channels beside each other.</summary>
    /// <param name="products">The 16 positions, a vector for each.</param>
    /// <param name="columns">Room for twelve vectors.</param>
    /// <param name="taps">The gradient of the nine taps, row by row, a vector for each.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Taps(float* products, float* columns, float* taps)
    {
        for (int x = 0; x < 4; x++)
        {
            Filter(products + (x * Lanes), 4 * Lanes, columns + (x * Lanes), 4 * Lanes);
        }

        for (int y = 0; y < 3; y++)
        {
            Filter(columns + (y * 4 * Lanes), Lanes, taps + (y * 3 * Lanes), Lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line(Vector256<float> y0, Vector256<float> y1, float* target, nint stride)
    {
        y0.Store(target);
        (y0 + y1).Store(target + stride);
        (y0 - y1).Store(target + (2 * stride));
        y1.Store(target + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Filter(float* source, nint sourceStride, float* target, nint targetStride)
    {
        Vector256<float> half = Vector256.Create(0.5f);
        Vector256<float> p1 = Vector256.Load(source + sourceStride);
        Vector256<float> p2 = Vector256.Load(source + (2 * sourceStride));
        Vector256<float> even = half * (p1 + p2);
        (Vector256.Load(source) + even).Store(target);
        (half * (p1 - p2)).Store(target + targetStride);
        (even + Vector256.Load(source + (3 * sourceStride))).Store(target + (2 * targetStride));
    }
}
