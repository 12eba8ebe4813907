using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The input of a convolution seen as a matrix: one row for every output pixel, holding the kernel·kernel·C input values under its
/// window, zeros where the window leaves the image. The matrix never exists as a whole: blocks of it are gathered when a product
/// asks for them.
/// </summary>
internal readonly unsafe struct ConvolutionPatches : ILeftOperand
{
    private readonly float* _input;
    private readonly ConvolutionGeometry _geometry;
    private readonly int _outputHeight;
    private readonly int _outputWidth;

    // A run is what lies contiguous under a window: one row of taps, or one tap when the window is dilated.
    private readonly int _runPixels;
    private readonly int _runsPerWindowRow;

    /// <summary>The patches of <paramref name="input"/> (N,H,W,C).</summary>
    public ConvolutionPatches(float* input, in ConvolutionGeometry geometry)
    {
        _input = input;
        _geometry = geometry;
        _outputHeight = geometry.OutputHeight;
        _outputWidth = geometry.OutputWidth;
        _runPixels = geometry.Dilation == 1 ? geometry.Kernel : 1;
        _runsPerWindowRow = geometry.Kernel / _runPixels;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float* Block(int row, int rows, int depth, int depths, float* scratch, out nint stride)
    {
        stride = LeftBlock.Stride(depths);
        (int line, int outputX) = Math.DivRem(row, _outputWidth);
        (int image, int outputY) = Math.DivRem(line, _outputHeight);
        (int run, int skip) = Math.DivRem(depth, _runPixels * _geometry.Channels);
        float* target = scratch;
        for (int i = 0; i < rows; i++)
        {
            int top = outputY * _geometry.Stride - _geometry.Padding;
            int left = outputX * _geometry.Stride - _geometry.Padding;
            Patch(image, top, left, run, skip, depths, target);
            target += stride;
            if (++outputX == _outputWidth)
            {
                outputX = 0;
                if (++outputY == _outputHeight)
                {
                    outputY = 0;
                    image++;
                }
            }
        }

        return scratch;
    }

    /// <summary>
    /// Adds patch rows [row, row + rows), <paramref name="stride"/> floats apart, to the images they were gathered from.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ScatterAdd(int row, int rows, float* patches, nint stride)
    {
        for (int i = 0; i < rows; i++)
        {
            (int line, int outputX) = Math.DivRem(row + i, _outputWidth);
            (int image, int outputY) = Math.DivRem(line, _outputHeight);
            int top = outputY * _geometry.Stride - _geometry.Padding;
            int left = outputX * _geometry.Stride - _geometry.Padding;
            int runLength = _runPixels * _geometry.Channels;
            for (int run = 0; run < _geometry.Kernel * _runsPerWindowRow; run++)
            {
                float* source = Run(image, top, left, run, out int first, out int last);
                Add(patches + i * stride + run * runLength + first, source + first, last - first);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Patch(int image, int top, int left, int run, int skip, int depths, float* target)
    {
        int runLength = _runPixels * _geometry.Channels;
        if (_runsPerWindowRow == 1 && IsInside(top, left))
        {
            nint pitch = (nint)_geometry.Width * _geometry.Channels;
            float* source = Run(image, top, left, run, out _, out _);
            for (; depths > 0; source += pitch)
            {
                int length = Math.Min(runLength - skip, depths);
                Copy(source + skip, target, length);
                target += length;
                depths -= length;
                skip = 0;
            }

            return;
        }

        while (depths > 0)
        {
            float* source = Run(image, top, left, run, out int first, out int last);
            int end = Math.Min(runLength, skip + depths);
            first = Math.Clamp(first, skip, end);
            last = Math.Clamp(last, first, end);
            Clear(target, first - skip);
            Copy(source + first, target + first - skip, last - first);
            Clear(target + last - skip, end - last);
            target += end - skip;
            depths -= end - skip;
            skip = 0;
            run++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsInside(int top, int left) =>
        top >= 0 && left >= 0 && top + _geometry.Extent <= _geometry.Height && left + _geometry.Extent <= _geometry.Width;

    // Where a run would start in the input, and which of its floats [first, last) lie inside the image.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float* Run(int image, int top, int left, int run, out int first, out int last)
    {
        int tapY = _runsPerWindowRow == 1 ? run : run / _runsPerWindowRow;
        int tapX = run - tapY * _runsPerWindowRow;
        int y = top + tapY * _geometry.Dilation;
        int x = left + tapX * _geometry.Dilation;
        bool inside = (uint)y < (uint)_geometry.Height;
        first = Math.Clamp(-x, 0, _runPixels) * _geometry.Channels;
        last = inside ? Math.Clamp(_geometry.Width - x, 0, _runPixels) * _geometry.Channels : first;
        last = Math.Max(first, last);
        return _input + (((nint)image * _geometry.Height + y) * _geometry.Width + x) * _geometry.Channels;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* source, float* target, int count)
    {
        if (count < Vector256<float>.Count)
        {
            for (int j = 0; j < count; j++)
            {
                target[j] = source[j];
            }

            return;
        }

        int lastVector = count - Vector256<float>.Count;
        for (int i = 0; i < lastVector; i += Vector256<float>.Count)
        {
            Vector256.Load(source + i).Store(target + i);
        }

        Vector256.Load(source + lastVector).Store(target + lastVector);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Clear(float* target, int count)
    {
        for (int i = 0; i < count; i++)
        {
            target[i] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* source, float* target, int count)
    {
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            (Vector256.Load(target + i) + Vector256.Load(source + i)).Store(target + i);
        }

        for (; i < count; i++)
        {
            target[i] += source[i];
        }
    }
}
