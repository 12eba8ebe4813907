using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// A Winograd algorithm F(m, r) along one line (Winograd 1980; for convolutions Lavin and Gray, arXiv 1509.09308): m outputs of a window of
/// r taps from n = m + r − 1 products, y = Aᵀ((G·g) ⊙ (Bᵀ·d)). A square tile is transformed along its columns, then along its
/// rows. The polynomials behind it are multiplied by their values at chosen points, which decide how much is lost to rounding.
/// </summary>
internal unsafe interface IWinogradTransform
{
    /// <summary>Outputs of a line, m.</summary>
    static abstract int Tile { get; }

    /// <summary>G·g for four lines beside each other: r vectors in, n vectors out, each set at a stride of its own.</summary>
    static abstract void Weights(double* source, nint sourceStride, double* target, nint targetStride);

    /// <summary>Bᵀ·d for eight lines beside each other: n vectors in, as many out.</summary>
    static abstract void Input(float* source, nint sourceStride, float* target, nint targetStride);

    /// <summary>Aᵀ·p for eight lines beside each other: n vectors in, m vectors out.</summary>
    static abstract void Output(float* source, nint sourceStride, float* target, nint targetStride);
}

/// <summary>F(2, 3) with the points 0, ±1, ∞: 2.25 times fewer products than a direct convolution.</summary>
internal readonly unsafe struct WinogradTwo : IWinogradTransform
{
    /// <inheritdoc/>
    public static int Tile => 2;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weights(double* source, nint sourceStride, double* target, nint targetStride)
    {
        Vector256<double> g0 = Vector256.Load(source);
        Vector256<double> g2 = Vector256.Load(source + 2 * sourceStride);
        Vector256<double> even = Vector256.Create(0.5) * (g0 + g2);
        Vector256<double> odd = Vector256.Create(0.5) * Vector256.Load(source + sourceStride);
        g0.Store(target);
        (even + odd).Store(target + targetStride);
        (even - odd).Store(target + 2 * targetStride);
        g2.Store(target + 3 * targetStride);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input(float* source, nint sourceStride, float* target, nint targetStride)
    {
        Vector256<float> d0 = Vector256.Load(source);
        Vector256<float> d1 = Vector256.Load(source + sourceStride);
        Vector256<float> d2 = Vector256.Load(source + 2 * sourceStride);
        Vector256<float> d3 = Vector256.Load(source + 3 * sourceStride);
        (d0 - d2).Store(target);
        (d2 + d1).Store(target + targetStride);
        (d2 - d1).Store(target + 2 * targetStride);
        (d3 - d1).Store(target + 3 * targetStride);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output(float* source, nint sourceStride, float* target, nint targetStride)
    {
        Vector256<float> p1 = Vector256.Load(source + sourceStride);
        Vector256<float> p2 = Vector256.Load(source + 2 * sourceStride);
        (Vector256.Load(source) + (p1 + p2)).Store(target);
        (p1 - p2 + Vector256.Load(source + 3 * sourceStride)).Store(target + targetStride);
    }
}

/// <summary>
/// F(4, 3) with the points 0, ±5/8, ±3/2, ∞: four times fewer products than a direct convolution. Among pairs of points with few bits
/// these lose the least: with 256 channels twice the rounding error of a direct sum, where the customary ±1, ±2 lose almost five times as
/// much. All coefficients but those of the weights are exact.
/// </summary>
internal readonly unsafe struct WinogradFour : IWinogradTransform
{
    private const float A = 0.625f;
    private const float B = 1.5f;
    private const float A2 = A * A;
    private const float B2 = B * B;
    private const double WeightA = 2.0 * A2 * (A2 - B2);
    private const double WeightB = 2.0 * B2 * (B2 - A2);

    /// <inheritdoc/>
    public static int Tile => 4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weights(double* source, nint sourceStride, double* target, nint targetStride)
    {
        Vector256<double> g0 = Vector256.Load(source);
        Vector256<double> g1 = Vector256.Load(source + sourceStride);
        Vector256<double> g2 = Vector256.Load(source + 2 * sourceStride);
        (Vector256.Create(1.0 / (A2 * B2)) * g0).Store(target);
        Vector256<double> evenA = Vector256.MultiplyAddEstimate(Vector256.Create(A2 / WeightA), g2, Vector256.Create(1 / WeightA) * g0);
        Vector256<double> oddA = Vector256.Create(A / WeightA) * g1;
        (evenA + oddA).Store(target + targetStride);
        (evenA - oddA).Store(target + 2 * targetStride);
        Vector256<double> evenB = Vector256.MultiplyAddEstimate(Vector256.Create(B2 / WeightB), g2, Vector256.Create(1 / WeightB) * g0);
        Vector256<double> oddB = Vector256.Create(B / WeightB) * g1;
        (evenB + oddB).Store(target + 3 * targetStride);
        (evenB - oddB).Store(target + 4 * targetStride);
        g2.Store(target + 5 * targetStride);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input(float* source, nint sourceStride, float* target, nint targetStride)
    {
        Vector256<float> a = Vector256.Create(A);
        Vector256<float> b = Vector256.Create(B);
        Vector256<float> sum = Vector256.Create(-A2 - B2);
        Vector256<float> product = Vector256.Create(A2 * B2);
        Vector256<float> d1 = Vector256.Load(source + sourceStride);
        Vector256<float> d2 = Vector256.Load(source + 2 * sourceStride);
        Vector256<float> d3 = Vector256.Load(source + 3 * sourceStride);
        Vector256<float> d4 = Vector256.Load(source + 4 * sourceStride);
        Vector256<float> first = Vector256.MultiplyAddEstimate(sum, d2, d4);
        Vector256<float> last = Vector256.MultiplyAddEstimate(sum, d3, Vector256.Load(source + 5 * sourceStride));
        Vector256.MultiplyAddEstimate(product, Vector256.Load(source), first).Store(target);
        Vector256.MultiplyAddEstimate(product, d1, last).Store(target + 5 * targetStride);
        Vector256<float> evenA = Vector256.MultiplyAddEstimate(Vector256.Create(-B2), d2, d4);
        Vector256<float> oddA = a * Vector256.MultiplyAddEstimate(Vector256.Create(-B2), d1, d3);
        (evenA + oddA).Store(target + targetStride);
        (evenA - oddA).Store(target + 2 * targetStride);
        Vector256<float> evenB = Vector256.MultiplyAddEstimate(Vector256.Create(-A2), d2, d4);
        Vector256<float> oddB = b * Vector256.MultiplyAddEstimate(Vector256.Create(-A2), d1, d3);
        (evenB + oddB).Store(target + 3 * targetStride);
        (evenB - oddB).Store(target + 4 * targetStride);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output(float* source, nint sourceStride, float* target, nint targetStride)
    {
        Vector256<float> p1 = Vector256.Load(source + sourceStride);
        Vector256<float> p2 = Vector256.Load(source + 2 * sourceStride);
        Vector256<float> p3 = Vector256.Load(source + 3 * sourceStride);
        Vector256<float> p4 = Vector256.Load(source + 4 * sourceStride);
        Vector256<float> evenA = p1 + p2;
        Vector256<float> oddA = p1 - p2;
        Vector256<float> evenB = p3 + p4;
        Vector256<float> oddB = p3 - p4;
        (Vector256.Load(source) + evenA + evenB).Store(target);
        Vector256.MultiplyAddEstimate(Vector256.Create(A), oddA, Vector256.Create(B) * oddB).Store(target + targetStride);
        Vector256.MultiplyAddEstimate(Vector256.Create(A2), evenA, Vector256.Create(B2) * evenB).Store(target + 2 * targetStride);
        Vector256<float> last = Vector256.MultiplyAddEstimate(Vector256.Create(B2 * B), oddB, Vector256.Load(source + 5 * sourceStride));
        Vector256.MultiplyAddEstimate(Vector256.Create(A2 * A), oddA, last).Store(target + 3 * targetStride);
    }
}
