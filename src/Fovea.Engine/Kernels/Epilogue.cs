using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// What happens to every element of a matrix product while it is still in cache, in this order:
/// + bias[j], + residual before[i, j], activation, · scale[j] + shift[j], + residual after[i, j]. Absent steps are null (or
/// <see cref="ActivationKind.None"/>). Residuals have the layout (and row stride) of the result and may not overlap it unless the whole
/// depth fits one block.
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
        Activation == ActivationKind.None && Bias == null && Scale == null && Shift == null && ResidualBefore == null && ResidualAfter == null;

    /// <summary>
    /// Finishes a tile of <paramref name="rows"/> by 16 in place. The tile stands for the result's rows at element
    /// <paramref name="offset"/> and columns from <paramref name="column"/> on; lanes past the last column compute on whatever lies there
    /// and are not stored by the caller.
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

    /// <summary>
    /// Finishes four vectors of eight sums while they are in registers: two neighbouring rows of the result, left and right half of a
    /// panel. Four together, as the steps of an activation wait for each other.
    /// </summary>
    /// <param name="upperLeft">Sums of the upper row.</param>
    /// <param name="upperRight">The eight beside them.</param>
    /// <param name="lowerLeft">Sums of the lower row.</param>
    /// <param name="lowerRight">The eight beside them.</param>
    /// <param name="column">The panel's first column.</param>
    /// <param name="upper">Element of the result at which the upper row begins.</param>
    /// <param name="lower">Element of the result at which the lower row begins.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Apply<TActivation>(
        ref Vector256<float> upperLeft, ref Vector256<float> upperRight, ref Vector256<float> lowerLeft, ref Vector256<float> lowerRight,
        nint column, nint upper, nint lower)
        where TActivation : struct, IActivation
    {
        if (Bias != null)
        {
            var left = Vector256.Load(Bias + column);
            var right = Vector256.Load(Bias + column + 8);
            upperLeft += left;
            upperRight += right;
            lowerLeft += left;
            lowerRight += right;
        }

        if (ResidualBefore != null)
        {
            upperLeft += Vector256.Load(ResidualBefore + upper);
            upperRight += Vector256.Load(ResidualBefore + upper + 8);
            lowerLeft += Vector256.Load(ResidualBefore + lower);
            lowerRight += Vector256.Load(ResidualBefore + lower + 8);
        }

        TActivation.Apply(ref upperLeft, ref upperRight, ref lowerLeft, ref lowerRight);
        if (Scale != null)
        {
            var left = Vector256.Load(Scale + column);
            var right = Vector256.Load(Scale + column + 8);
            upperLeft *= left;
            upperRight *= right;
            lowerLeft *= left;
            lowerRight *= right;
        }

        if (Shift != null)
        {
            var left = Vector256.Load(Shift + column);
            var right = Vector256.Load(Shift + column + 8);
            upperLeft += left;
            upperRight += right;
            lowerLeft += left;
            lowerRight += right;
        }

        if (ResidualAfter != null)
        {
            upperLeft += Vector256.Load(ResidualAfter + upper);
            upperRight += Vector256.Load(ResidualAfter + upper + 8);
            lowerLeft += Vector256.Load(ResidualAfter + lower);
            lowerRight += Vector256.Load(ResidualAfter + lower + 8);
        }
    }

    /// <summary>Brings the rows of a tile that the epilogue reads beside the sums into cache, while these are still being summed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Prefetch(int rows, nint offset, nint resultStride)
    {
        if (ResidualBefore != null)
        {
            Kernels.Prefetch.Rows(ResidualBefore + offset, resultStride, rows, MicroKernel.Columns);
        }

        if (ResidualAfter != null)
        {
            Kernels.Prefetch.Rows(ResidualAfter + offset, resultStride, rows, MicroKernel.Columns);
        }
    }

    /// <summary>Finishes a tile whose activation is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Finish<TActivation>(float* tile, nint tileStride, int rows, nint column, nint offset, nint resultStride)
        where TActivation : struct, IActivation
    {
        for (nint row = 0; row < rows; row += 2)
        {
            // The last of an odd number of rows is its own neighbour: computed twice, to the same bits.
            var next = Math.Min(row + 1, rows - 1);
            var upper = tile + row * tileStride;
            var lower = tile + next * tileStride;
            var upperLeft = Vector256.Load(upper);
            var upperRight = Vector256.Load(upper + 8);
            var lowerLeft = Vector256.Load(lower);
            var lowerRight = Vector256.Load(lower + 8);
            Apply<TActivation>(
                ref upperLeft, ref upperRight, ref lowerLeft, ref lowerRight, column, offset + row * resultStride, offset + next * resultStride);
            upperLeft.Store(upper);
            upperRight.Store(upper + 8);
            lowerLeft.Store(lower);
            lowerRight.Store(lower + 8);
        }
    }
}
