using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// What happens to every element of a matrix product while it is still in cache, in this order:
/// + bias[j], + residual before[i, j], activation, · scale[j] + shift[j], + residual after[i, j]. Absent steps are null (or <see cref="ActivationKind.None"/>).
/// Residuals have the layout (and row stride) of the result and may not overlap it unless the whole depth fits one block.
/// </summary>
internal unsafe struct Epilogue
{
    /// <summary>One addend per column, or null.</summary>
    public float* Bias;

    /// <summary>A matrix laid out like the result that is added before the activation, or null.</summary>
    public float* ResidualBefore;

    /// <summary>The activation.</summary>
    public ActivationKind Activation;

    /// <summary>One factor per column after the activation, or null.</summary>
    public float* Scale;

    /// <summary>One addend per column after the factor, or null.</summary>
    public float* Shift;

    /// <summary>A matrix laid out like the result that is added last, or null.</summary>
    public float* ResidualAfter;

    /// <summary>Whether nothing is to be done.</summary>
    public readonly bool IsEmpty =>
        Bias == null && ResidualBefore == null && Activation == ActivationKind.None && Scale == null && Shift == null && ResidualAfter == null;

    /// <summary>
    /// Finishes a tile of <paramref name="rows"/> by 16 in place. The tile stands for the result's rows at element <paramref name="offset"/>
    /// and columns from <paramref name="column"/> on; lanes past the last column compute on whatever lies there and are not stored by the caller.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Finish(float* tile, nint tileStride, int rows, int column, nint offset, nint resultStride)
    {
        switch (Activation)
        {
            case ActivationKind.Gelu:
                Finish<Gelu>(tile, tileStride, rows, column, offset, resultStride);
                break;
            case ActivationKind.Relu:
                Finish<Relu>(tile, tileStride, rows, column, offset, resultStride);
                break;
            case ActivationKind.Silu:
                Finish<Silu>(tile, tileStride, rows, column, offset, resultStride);
                break;
            case ActivationKind.Sigmoid:
                Finish<Sigmoid>(tile, tileStride, rows, column, offset, resultStride);
                break;
            default:
                Finish<Identity>(tile, tileStride, rows, column, offset, resultStride);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Finish<TActivation>(float* tile, nint tileStride, int rows, int column, nint offset, nint resultStride)
        where TActivation : struct, IActivation
    {
        for (var half = 0; half < MicroKernel.Columns; half += Vector256<float>.Count)
        {
            var bias = Bias == null ? Vector256<float>.Zero : Vector256.Load(Bias + column + half);
            var scale = Scale == null ? Vector256<float>.One : Vector256.Load(Scale + column + half);
            var shift = Shift == null ? Vector256<float>.Zero : Vector256.Load(Shift + column + half);
            var before = ResidualBefore == null ? null : ResidualBefore + offset + half;
            var after = ResidualAfter == null ? null : ResidualAfter + offset + half;
            var target = tile + half;
            for (var row = 0; row < rows; row++)
            {
                var value = Vector256.Load(target) + bias;
                if (before != null)
                {
                    value += Vector256.Load(before);
                    before += resultStride;
                }

                value = Vector256.FusedMultiplyAdd(TActivation.Apply(value), scale, shift);
                if (after != null)
                {
                    value += Vector256.Load(after);
                    after += resultStride;
                }

                value.Store(target);
                target += tileStride;
            }
        }
    }
}
