using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The input of a convolution seen as a matrix: one row for every output pixel, holding the kernel·kernel·C input values under its window,
/// zeros where the window leaves the picture. The matrix never exists as a whole: blocks of it are gathered when a product asks for them.
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
        var (line, outputX) = Math.DivRem(row, _outputWidth);
        var (picture, outputY) = Math.DivRem(line, _outputHeight);
        var target = scratch;
        for (var i = 0; i < rows; i++)
        {
            Patch(picture, outputY * _geometry.Stride - _geometry.Padding, outputX * _geometry.Stride - _geometry.Padding, depth, depths, target);
            target += stride;
            if (++outputX == _outputWidth)
            {
                outputX = 0;
                if (++outputY == _outputHeight)
                {
                    outputY = 0;
                    picture++;
                }
            }
        }

        return scratch;
    }

    /// <summary>Adds patch rows [row, row + rows), <paramref name="stride"/> floats apart, to the pictures they were gathered from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ScatterAdd(int row, int rows, float* patches, nint stride)
    {
        for (var i = 0; i < rows; i++)
        {
            var (line, outputX) = Math.DivRem(row + i, _outputWidth);
            var (picture, outputY) = Math.DivRem(line, _outputHeight);
            var top = outputY * _geometry.Stride - _geometry.Padding;
            var left = outputX * _geometry.Stride - _geometry.Padding;
            var runLength = _runPixels * _geometry.Channels;
            for (var run = 0; run < _geometry.Kernel * _runsPerWindowRow; run++)
            {
                var source = Run(picture, top, left, run, out var first, out var last);
                Add(patches + i * stride + run * runLength + first, source + first, last - first);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Patch(int picture, int top, int left, int depth, int depths, float* target)
    {
        var runLength = _runPixels * _geometry.Channels;
        var (run, skip) = Math.DivRem(depth, runLength);
        while (depths > 0)
        {
            var source = Run(picture, top, left, run, out var first, out var last);
            var end = Math.Min(runLength, skip + depths);
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

    // Where a run would start in the input, and which of its floats [first, last) lie inside the picture.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float* Run(int picture, int top, int left, int run, out int first, out int last)
    {
        var tapY = run / _runsPerWindowRow;
        var tapX = run - tapY * _runsPerWindowRow;
        var y = top + tapY * _geometry.Dilation;
        var x = left + tapX * _geometry.Dilation;
        var inside = (uint)y < (uint)_geometry.Height;
        first = Math.Clamp(-x, 0, _runPixels) * _geometry.Channels;
        last = inside ? Math.Clamp(_geometry.Width - x, 0, _runPixels) * _geometry.Channels : first;
        last = Math.Max(first, last);
        return _input + (((nint)picture * _geometry.Height + y) * _geometry.Width + x) * _geometry.Channels;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* source, float* target, int count)
    {
        var i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256.Load(source + i).Store(target + i);
        }

        for (; i < count; i++)
        {
            target[i] = source[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Clear(float* target, int count)
    {
        for (var i = 0; i < count; i++)
        {
            target[i] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* source, float* target, int count)
    {
        var i = 0;
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
