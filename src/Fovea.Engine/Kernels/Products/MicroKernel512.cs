using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The tile of <see cref="MicroKernel"/> for processors with vectors of sixteen floats (AVX-512): a row of the panel is one vector. Six
/// sums would wait for the latency of their own multiply-adds, so each row has two, of the even and of the odd depths, added at the end.
/// </summary>
internal static unsafe class MicroKernel512
{
    /// <inheritdoc cref="MicroKernel.Multiply(float*, nint, int, float*, nint, float*, nint, bool)"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        float* left, nint leftStride, int rows, float* right, nint depth, float* result, nint resultStride, bool resume)
    {
        // Rows past the last repeat it: same inputs, same bits.
        nint last = rows - 1;
        float* left0 = left;
        float* left1 = left + Math.Min(1, last) * leftStride;
        float* left2 = left + Math.Min(2, last) * leftStride;
        float* left3 = left + Math.Min(3, last) * leftStride;
        float* left4 = left + Math.Min(4, last) * leftStride;
        float* left5 = left + last * leftStride;
        Vector512<float> even0 = Vector512<float>.Zero;
        Vector512<float> odd0 = Vector512<float>.Zero;
        Vector512<float> even1 = Vector512<float>.Zero;
        Vector512<float> odd1 = Vector512<float>.Zero;
        Vector512<float> even2 = Vector512<float>.Zero;
        Vector512<float> odd2 = Vector512<float>.Zero;
        Vector512<float> even3 = Vector512<float>.Zero;
        Vector512<float> odd3 = Vector512<float>.Zero;
        Vector512<float> even4 = Vector512<float>.Zero;
        Vector512<float> odd4 = Vector512<float>.Zero;
        Vector512<float> even5 = Vector512<float>.Zero;
        Vector512<float> odd5 = Vector512<float>.Zero;
        nint k = 0;
        for (; k + 2 <= depth; k += 2)
        {
            Vector512<float> right0 = Vector512.Load(right);
            Vector512<float> right1 = Vector512.Load(right + MicroKernel.Columns);
            even0 = Vector512.MultiplyAddEstimate(Vector512.Create(left0[k]), right0, even0);
            odd0 = Vector512.MultiplyAddEstimate(Vector512.Create(left0[k + 1]), right1, odd0);
            even1 = Vector512.MultiplyAddEstimate(Vector512.Create(left1[k]), right0, even1);
            odd1 = Vector512.MultiplyAddEstimate(Vector512.Create(left1[k + 1]), right1, odd1);
            even2 = Vector512.MultiplyAddEstimate(Vector512.Create(left2[k]), right0, even2);
            odd2 = Vector512.MultiplyAddEstimate(Vector512.Create(left2[k + 1]), right1, odd2);
            even3 = Vector512.MultiplyAddEstimate(Vector512.Create(left3[k]), right0, even3);
            odd3 = Vector512.MultiplyAddEstimate(Vector512.Create(left3[k + 1]), right1, odd3);
            even4 = Vector512.MultiplyAddEstimate(Vector512.Create(left4[k]), right0, even4);
            odd4 = Vector512.MultiplyAddEstimate(Vector512.Create(left4[k + 1]), right1, odd4);
            even5 = Vector512.MultiplyAddEstimate(Vector512.Create(left5[k]), right0, even5);
            odd5 = Vector512.MultiplyAddEstimate(Vector512.Create(left5[k + 1]), right1, odd5);
            right += 2 * MicroKernel.Columns;
        }

        if (k < depth)
        {
            Vector512<float> right0 = Vector512.Load(right);
            even0 = Vector512.MultiplyAddEstimate(Vector512.Create(left0[k]), right0, even0);
            even1 = Vector512.MultiplyAddEstimate(Vector512.Create(left1[k]), right0, even1);
            even2 = Vector512.MultiplyAddEstimate(Vector512.Create(left2[k]), right0, even2);
            even3 = Vector512.MultiplyAddEstimate(Vector512.Create(left3[k]), right0, even3);
            even4 = Vector512.MultiplyAddEstimate(Vector512.Create(left4[k]), right0, even4);
            even5 = Vector512.MultiplyAddEstimate(Vector512.Create(left5[k]), right0, even5);
        }

        Store(even0 + odd0, result, 0, rows, resultStride, resume);
        Store(even1 + odd1, result, 1, rows, resultStride, resume);
        Store(even2 + odd2, result, 2, rows, resultStride, resume);
        Store(even3 + odd3, result, 3, rows, resultStride, resume);
        Store(even4 + odd4, result, 4, rows, resultStride, resume);
        Store(even5 + odd5, result, 5, rows, resultStride, resume);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> sum, float* result, nint row, int rows, nint resultStride, bool resume)
    {
        if (row < rows)
        {
            float* target = result + row * resultStride;
            (resume ? sum + Vector512.Load(target) : sum).Store(target);
        }
    }
}
