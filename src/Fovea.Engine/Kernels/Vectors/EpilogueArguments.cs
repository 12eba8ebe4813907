using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The epilogue of a matrix product: element-wise operations on its result while that is still in cache, in this order:
/// + bias[j], + residual before[i, j], activation, · scale[j] + shift[j], + residual after[i, j]. Absent steps are null (or
/// <see cref="ActivationKind.None"/>). Residuals have the layout (and row stride) of the result and may not overlap it unless the whole
/// depth fits one block.
/// </summary>
internal unsafe struct EpilogueArguments
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

    /// <summary>True if the epilogue does nothing.</summary>
    public readonly bool IsEmpty =>
        Activation == ActivationKind.None
            && Bias == null
            && Scale == null
            && Shift == null
            && ResidualBefore == null
            && ResidualAfter == null;

    /// <summary>
    /// Finishes four vectors of eight sums while they are in registers: two neighbouring rows of the result, left and right half of a
    /// panel.
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
        BeforeActivation(ref upperLeft, ref upperRight, ref lowerLeft, ref lowerRight, column, upper, lower);
        upperLeft = TActivation.Apply(upperLeft);
        upperRight = TActivation.Apply(upperRight);
        lowerLeft = TActivation.Apply(lowerLeft);
        lowerRight = TActivation.Apply(lowerRight);
        AfterActivation(ref upperLeft, ref upperRight, ref lowerLeft, ref lowerRight, column, upper, lower);
    }

    /// <summary>Brings the rows of a tile that the epilogue reads beside the sums into cache, while these are still being summed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Prefetch(int rows, nint offset, nint resultStride)
    {
        if (ResidualBefore != null)
        {
            CachePrefetch.Rows(ResidualBefore + offset, resultStride, rows, MicroKernel.Columns);
        }

        if (ResidualAfter != null)
        {
            CachePrefetch.Rows(ResidualAfter + offset, resultStride, rows, MicroKernel.Columns);
        }
    }

    /// <summary>Finishes rows of sixteen sums where they stand, <paramref name="stride"/> floats apart as in the result.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="stride">Floats between their rows, and between those of the residuals.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="column">The column of the first sum.</param>
    /// <param name="offset">The element of the residuals for the first sum.</param>
    public readonly void Finish(float* sums, nint stride, int rows, nint column, nint offset)
    {
        switch (Activation)
        {
            case ActivationKind.Gelu:
                Finish<Gelu>(sums, stride, rows, MicroKernel.Columns, column, offset, sums, stride);
                break;
            case ActivationKind.Relu:
                Finish<Relu>(sums, stride, rows, MicroKernel.Columns, column, offset, sums, stride);
                break;
            case ActivationKind.Silu:
                Finish<Silu>(sums, stride, rows, MicroKernel.Columns, column, offset, sums, stride);
                break;
            case ActivationKind.Sigmoid:
                Finish<Sigmoid>(sums, stride, rows, MicroKernel.Columns, column, offset, sums, stride);
                break;
            default:
                Finish<Identity>(sums, stride, rows, MicroKernel.Columns, column, offset, sums, stride);
                break;
        }
    }

    /// <summary>
    /// Finishes rows of up to sixteen sums, two at a time: their steps wait for each other, and one row alone would leave the processor
    /// waiting. Sixteen floats of a row are overwritten, however few of them are sums.
    /// </summary>
    /// <param name="sums">The sums, rows <paramref name="sumStride"/> floats apart.</param>
    /// <param name="sumStride">Floats between rows of sums.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Sums of a row, 1 to 16.</param>
    /// <param name="column">The column of the first sum.</param>
    /// <param name="offset">The element of the residuals for the first sum.</param>
    /// <param name="result">The first result; may be the sums.</param>
    /// <param name="resultStride">Floats between rows of the result and of the residuals.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Finish<TActivation>(
        float* sums, nint sumStride, int rows, int width, nint column, nint offset, float* result, nint resultStride)
        where TActivation : struct, IActivation
    {
        for (; rows > 0; rows -= 2)
        {
            // The last of an odd number of rows is its own neighbour: computed twice, to the same bits.
            float* lower = rows > 1 ? sums + sumStride : sums;
            nint below = rows > 1 ? resultStride : 0;
            Vector256<float> a = Vector256.Load(sums);
            Vector256<float> b = Vector256.Load(sums + 8);
            Vector256<float> c = Vector256.Load(lower);
            Vector256<float> d = Vector256.Load(lower + 8);
            BeforeActivation(ref a, ref b, ref c, ref d, column, offset, offset + below);

            // The registers are for the activation; the sums come back from memory one by one.
            a.Store(sums);
            b.Store(sums + 8);
            c.Store(lower);
            d.Store(lower + 8);
            TActivation.Prepare(ref a, ref b, ref c, ref d);
            a = TActivation.Complete(Vector256.Load(sums), a);
            b = TActivation.Complete(Vector256.Load(sums + 8), b);
            c = TActivation.Complete(Vector256.Load(lower), c);
            d = TActivation.Complete(Vector256.Load(lower + 8), d);
            AfterActivation(ref a, ref b, ref c, ref d, column, offset, offset + below);
            if (width == MicroKernel.Columns)
            {
                a.Store(result);
                b.Store(result + 8);
                c.Store(result + below);
                d.Store(result + below + 8);
            }
            else
            {
                Store(a, b, result, width);
                Store(c, d, result + below, width);
            }

            sums += 2 * sumStride;
            offset += 2 * resultStride;
            result += 2 * resultStride;
        }
    }

    private static void Store(Vector256<float> left, Vector256<float> right, float* target, int width)
    {
        MaskedVector.Store(left, target, width);
        MaskedVector.Store(right, target + 8, width - 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void BeforeActivation(
        ref Vector256<float> upperLeft, ref Vector256<float> upperRight, ref Vector256<float> lowerLeft, ref Vector256<float> lowerRight,
        nint column, nint upper, nint lower)
    {
        if (Bias != null)
        {
            Vector256<float> left = Vector256.Load(Bias + column);
            Vector256<float> right = Vector256.Load(Bias + column + 8);
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
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void AfterActivation(
        ref Vector256<float> upperLeft, ref Vector256<float> upperRight, ref Vector256<float> lowerLeft, ref Vector256<float> lowerRight,
        nint column, nint upper, nint lower)
    {
        if (Scale != null)
        {
            Vector256<float> left = Vector256.Load(Scale + column);
            Vector256<float> right = Vector256.Load(Scale + column + 8);
            upperLeft *= left;
            upperRight *= right;
            lowerLeft *= left;
            lowerRight *= right;
        }

        if (Shift != null)
        {
            Vector256<float> left = Vector256.Load(Shift + column);
            Vector256<float> right = Vector256.Load(Shift + column + 8);
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
}
