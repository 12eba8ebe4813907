using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Three consecutive padded rows of a block of channels, copied out of an image: pixels lie close together whatever the image's channels,
/// the zeros of the padding are really there, and 3×3 loops need neither borders nor cache lines that chase each other out of one set.
/// Sliding down by a row copies one row.
/// </summary>
internal unsafe ref struct RowWindow
{
    private const int Rows = 3;
    private const int FloatLimit = 10 * 1024;
    private const int MaxBlock = 128;
    private const int Taps = 9;

    private readonly float* _image;
    private readonly float* _ring;
    private readonly int _height;
    private readonly int _width;
    private readonly int _padding;
    private readonly nint _imageStride;
    private readonly int _channels;
    private readonly nint _rowFloats;
    private int _next;

    /// <summary>A window over one image's block of channels; <see cref="Push"/> fills it.</summary>
    /// <param name="image">First value of the block: row 0, column 0, first channel of the block.</param>
    /// <param name="geometry">A 3×3 convolution of stride 1 and dilation 1.</param>
    /// <param name="channels">Channels of the block.</param>
    /// <param name="ring">Memory of <see cref="Floats"/> floats.</param>
    public RowWindow(float* image, in ConvolutionGeometry geometry, int channels, float* ring)
    {
        _image = image;
        _ring = ring;
        _height = geometry.Height;
        _width = geometry.Width;
        _padding = geometry.Padding;
        _imageStride = geometry.Channels;
        _channels = channels;
        Stride = (channels + 7) & ~7;
        _rowFloats = RowPixels(geometry) * Stride;
        int before = (int)(_padding * Stride);
        int inside = (int)(_width * Stride);
        for (int row = 0; row < Rows; row++)
        {
            Span<float> pixels = new(ring + row * _rowFloats, (int)_rowFloats);
            pixels[..before].Clear();
            pixels[(before + inside)..].Clear();
        }
    }

    /// <summary>Floats between neighbouring pixels in the window, a multiple of eight.</summary>
    public nint Stride { get; }

    /// <summary>
    /// Channels of the block that starts where <paramref name="remaining"/> channels are left: as many as let three rows and their weights
    /// stay in the first-level cache. A block of fewer than eight channels occurs only where the map itself has no more.
    /// </summary>
    public static int BlockChannels(in ConvolutionGeometry geometry, int remaining)
    {
        int block = Block(geometry);
        return remaining < block + Vector256<float>.Count ? remaining : block;
    }

    /// <summary>Floats that the window of any block of this geometry takes.</summary>
    public static nint Floats(in ConvolutionGeometry geometry) => (nint)Rows * RowPixels(geometry) * (Block(geometry) + 8);

    /// <summary>Floats that nine taps of any block of channels take.</summary>
    public const int TapFloats = Taps * (MaxBlock + 8);

    /// <summary>Takes in input row <paramref name="row"/>, which may lie outside the image, in place of the oldest one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Push(int row)
    {
        float* target = _ring + _next * _rowFloats + _padding * Stride;
        _next = (_next + 1) % Rows;
        if (row < 0 || row >= _height)
        {
            new Span<float>(target, (int)(_width * Stride)).Clear();
            return;
        }
        Copy(_image + (nint)row * _width * _imageStride, _imageStride, target, Stride, _width, _channels);
    }

    /// <summary>Brings input row <paramref name="row"/>, if the image has it, into cache for a later <see cref="Push"/>.</summary>
    public readonly void Prefetch(int row)
    {
        if (row >= 0 && row < _height)
        {
            CachePrefetch.Rows(_image + (nint)row * _width * _imageStride, _imageStride, _width, _channels);
        }
    }

    /// <summary>The first pixel, padding included, of a row of the window: 0 is the topmost, 2 the one pushed last.</summary>
    public readonly float* Row(int index) => _ring + (_next + index) % Rows * _rowFloats;

    /// <summary>Copies a block of channels of neighbouring pixels, in whole vectors of which the last may reach past the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* source, nint sourceStride, float* target, nint targetStride, int pixels, int channels)
    {
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (nint channel = 0; channel < channels; channel += Vector256<float>.Count)
            {
                Vector256.Load(source + channel).Store(target + channel);
            }
            source += sourceStride;
            target += targetStride;
        }
    }

    private static int Block(in ConvolutionGeometry geometry) =>
        Math.Clamp(FloatLimit / (Rows * RowPixels(geometry)) & ~15, 16, MaxBlock);

    // One pixel for every window, rounded up to whole tiles, and the two that the last window reaches beyond.
    private static int RowPixels(in ConvolutionGeometry geometry)
    {
        int tiles = (geometry.OutputWidth + DepthwiseTiles.Columns - 1) / DepthwiseTiles.Columns;
        return Math.Max(tiles * DepthwiseTiles.Columns + 2, geometry.Width + 2 * geometry.Padding);
    }
}
