using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>Input and output transforms of a Winograd convolution, tile by tile, eight channels at a time.</summary>
internal static unsafe class WinogradTiles
{
    private const int MaxPositions = 36;
    private const int MaxPhases = 4;

    /// <summary>Floats of scratch that the transforms need: a transformed phase's columns, and the pixels under a tile.</summary>
    public const int ScratchFloats = (1 + MaxPhases) * MaxPositions * 8;

    /// <summary>
    /// Transforms the input under tiles [firstTile, lastTile) to where <paramref name="layout"/> has them, the phases one behind the other.
    /// What lies behind the last channel up to a whole vector is not defined.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input<TTransform>(
        in WinogradGeometry geometry, float* input, int firstTile, int lastTile, float* target, in WinogradLayout layout, float* scratch)
        where TTransform : struct, IWinogradTransform
    {
        int side = geometry.Phases * geometry.Size;
        int step = geometry.Phases * TTransform.Tile;
        (int height, int width, int channels) = (geometry.Convolution.Height, geometry.Convolution.Width, geometry.Convolution.Channels);
        float* columns = scratch;
        float* patch = scratch + MaxPositions * 8;
        for (int tile = firstTile; tile < lastTile; tile++)
        {
            (int image, int row, int column) = Locate(in geometry, tile);
            int top = row * step - geometry.Convolution.Padding;
            int left = column * step - geometry.Convolution.Padding;
            float* source = input + (((nint)image * height + top) * width + left) * channels;
            nint rowStride = (nint)width * channels;
            if (top >= 0 && left >= 0 && top + side <= height && left + side <= width)
            {
                for (int channel = 0; channel < channels; channel += 8)
                {
                    InputTile<TTransform>(
                        in geometry, source + channel, rowStride, channels, columns, target + layout.Of(channel), layout.Position);
                }
            }
            else
            {
                new Span<float>(patch, side * side * 8).Clear();
                (int firstY, int lastY) = (Math.Max(-top, 0), Math.Min(side, height - top));
                (int firstX, int lastX) = (Math.Max(-left, 0), Math.Min(side, width - left));
                for (int channel = 0; channel < channels; channel += 8)
                {
                    for (int y = firstY; y < lastY; y++)
                    {
                        for (int x = firstX; x < lastX; x++)
                        {
                            Vector256.Load(source + y * rowStride + x * channels + channel).Store(patch + (y * side + x) * 8);
                        }
                    }

                    InputTile<TTransform>(
                        in geometry, patch, side * 8, 8, columns, target + layout.Of(channel), layout.Position);
                }
            }

            target += layout.Tile;
        }
    }

    /// <summary>
    /// Transforms products, laid out as the transformed input but at the products' stride, to the outputs of tiles
    /// [firstTile, lastTile) in channels [firstChannel, lastChannel), and finishes them.
    /// </summary>
    public static void Output<TTransform>(
        in WinogradGeometry geometry, float* products, int firstTile, int lastTile, int firstChannel, int lastChannel, float* output,
        in EpilogueArguments epilogue, float* scratch)
        where TTransform : struct, IWinogradTransform
    {
        switch (epilogue.Activation)
        {
            case ActivationKind.Gelu:
                Output<TTransform, Gelu>(
                    in geometry, products, firstTile, lastTile, firstChannel, lastChannel, output, in epilogue, scratch);
                break;
            case ActivationKind.Relu:
                Output<TTransform, Relu>(
                    in geometry, products, firstTile, lastTile, firstChannel, lastChannel, output, in epilogue, scratch);
                break;
            case ActivationKind.Silu:
                Output<TTransform, Silu>(
                    in geometry, products, firstTile, lastTile, firstChannel, lastChannel, output, in epilogue, scratch);
                break;
            case ActivationKind.Sigmoid:
                Output<TTransform, Sigmoid>(
                    in geometry, products, firstTile, lastTile, firstChannel, lastChannel, output, in epilogue, scratch);
                break;
            default:
                Output<TTransform, Identity>(
                    in geometry, products, firstTile, lastTile, firstChannel, lastChannel, output, in epilogue, scratch);
                break;
        }
    }

    /// <summary>Place of a tile: its image, and its row and column among the image's tiles.</summary>
    /// <param name="geometry">The cutting.</param>
    /// <param name="tile">Index of the tile in the whole batch.</param>
    public static (int Image, int Row, int Column) Locate(in WinogradGeometry geometry, int tile)
    {
        (int line, int column) = Math.DivRem(tile, geometry.TileColumns);
        (int image, int row) = Math.DivRem(line, geometry.TileRows);
        return (image, row, column);
    }

    // Eight channels of a tile, phase by phase. Where a phase has no part in a position, what it leaves there lies behind the terms of the
    // others.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputTile<TTransform>(
        in WinogradGeometry geometry, float* source, nint rowStride, nint pixelStride, float* columns, float* target, nint stride)
        where TTransform : struct, IWinogradTransform
    {
        (int size, int phases) = (geometry.Size, geometry.Phases);
        for (int phaseX = 0; phaseX < phases; phaseX++)
        {
            for (int phaseY = 0; phaseY < phases; phaseY++)
            {
                float* origin = source + phaseY * rowStride + phaseX * pixelStride;
                for (int x = 0; x < size; x++)
                {
                    TTransform.Input(origin + x * phases * pixelStride, phases * rowStride, columns + x * 8, size * 8);
                }

                for (int y = 0; y < size && phaseY < geometry.PhasesAt(y); y++)
                {
                    float* place = target + y * size * stride + geometry.Slot(y, phaseY, phaseX) * geometry.Convolution.Channels;
                    TTransform.Input(columns + y * size * 8, 8, place, stride);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Output<TTransform, TActivation>(
        in WinogradGeometry geometry, float* products, int firstTile, int lastTile, int firstChannel, int lastChannel, float* output,
        in EpilogueArguments epilogue, float* scratch)
        where TTransform : struct, IWinogradTransform
        where TActivation : struct, IActivation
    {
        int size = geometry.Size;
        ConvolutionGeometry convolution = geometry.Convolution;
        (int height, int width, int outputs) = (convolution.OutputHeight, convolution.OutputWidth, convolution.Outputs);
        nint stride = geometry.ProductStride;
        float* columns = scratch;
        float* line = scratch + MaxPositions * 8;
        for (int tile = firstTile; tile < lastTile; tile++)
        {
            (int image, int row, int column) = Locate(in geometry, tile);
            int top = row * TTransform.Tile;
            int left = column * TTransform.Tile;
            int lines = Math.Min(TTransform.Tile, height - top);
            int pixels = Math.Min(TTransform.Tile, width - left);
            nint corner = (((nint)image * height + top) * width + left) * outputs;
            for (int channel = firstChannel; channel < lastChannel; channel += 8)
            {
                int lanes = lastChannel - channel;
                Vector256<float> bias = epilogue.Bias == null ? Vector256<float>.Zero : Vector256.Load(epilogue.Bias + channel);
                Vector256<float> scale = epilogue.Scale == null ? Vector256<float>.One : Vector256.Load(epilogue.Scale + channel);
                Vector256<float> shift = epilogue.Shift == null ? Vector256<float>.Zero : Vector256.Load(epilogue.Shift + channel);
                float* source = products + (channel - firstChannel);
                for (int x = 0; x < size; x++)
                {
                    TTransform.Output(source + x * stride, size * stride, columns + x * 8, size * 8);
                }

                for (int y = 0; y < lines; y++)
                {
                    TTransform.Output(columns + y * size * 8, 8, line, 8);
                    nint offset = corner + (nint)y * width * outputs + channel;
                    for (int x = 0; x < pixels; x++)
                    {
                        Vector256<float> value = Vector256.Load(line + x * 8) + bias;
                        if (epilogue.ResidualBefore != null)
                        {
                            value += Vector256.Load(epilogue.ResidualBefore + offset);
                        }

                        value = Vector256.MultiplyAddEstimate(TActivation.Apply(value), scale, shift);
                        if (epilogue.ResidualAfter != null)
                        {
                            value += Vector256.Load(epilogue.ResidualAfter + offset);
                        }

                        if (lanes >= 8)
                        {
                            value.Store(output + offset);
                        }
                        else
                        {
                            MaskedVector.Store(value, output + offset, lanes);
                        }

                        offset += outputs;
                    }
                }
            }

            products += size * size * stride;
        }
    }
}
