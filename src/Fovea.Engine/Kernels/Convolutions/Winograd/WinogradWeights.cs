using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The weights of a Winograd convolution: G·g·Gᵀ for every pair of channels, computed in double precision and rounded once, packed for
/// the products as [group of panels, position, panel, channel, 16 outputs].
/// </summary>
internal static unsafe class WinogradWeights
{
    private const int MaxTaps = 3;
    private const int ChannelBlock = 8;
    private const int BlockFloats = ChannelBlock * MicroKernel.Columns;
    private const int MaxRows = 6;
    private const int Lanes = 4;

    /// <summary>Floats of the packed weights.</summary>
    public static nint PackedLength(in WinogradGeometry geometry) =>
        geometry.DepthBefore(geometry.Positions) * MicroKernel.Columns * geometry.Panels;

    /// <summary>The packed weights of a group at its first position.</summary>
    public static float* Group(in WinogradGeometry geometry, float* packed, int group) =>
        packed + geometry.GroupOf(group).First * MicroKernel.Columns * geometry.DepthBefore(geometry.Positions);

    /// <summary>
    /// Transforms and packs the panels [firstPanel, lastPanel) of weights O,K,K,C; when <paramref name="reversed"/>, of the weights C,K,K,O
    /// turned by 180°, which lead gradients back.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack<TTransform>(
        in WinogradGeometry geometry, float* weights, bool reversed, float* packed, int firstPanel, int lastPanel)
        where TTransform : struct, IWinogradTransform
    {
        ConvolutionGeometry convolution = geometry.Convolution;
        (int channels, int outputs, int kernel) = (convolution.Channels, convolution.Outputs, convolution.Kernel);
        (int phases, int taps) = (geometry.Phases, geometry.Taps);
        int area = kernel * kernel;
        (int channelStride, int outputStride) = reversed ? (area * outputs, 1) : (1, area * channels);
        (int firstTap, int tapStride) = reversed ? ((area - 1) * outputs, -outputs) : (0, channels);
        float* values = stackalloc float[MaxTaps * MaxTaps * BlockFloats];
        double* wide = stackalloc double[(MaxTaps * MaxTaps + MaxRows * MaxTaps + MaxRows) * Lanes];
        float* lines = stackalloc float[MaxRows * MaxRows * MicroKernel.Columns];
        nint* places = stackalloc nint[MaxRows * MaxRows];
        for (int panel = firstPanel; panel < lastPanel; panel++)
        {
            int output = panel * MicroKernel.Columns;
            FindPlaces(in geometry, panel, places);
            for (int channel = 0; channel < channels; channel += ChannelBlock)
            {
                int block = Math.Min(ChannelBlock, channels - channel);
                float* source = weights + (nint)output * outputStride + (nint)channel * channelStride + firstTap;
                for (int phase = 0; phase < phases * phases; phase++)
                {
                    (int phaseX, int phaseY) = Math.DivRem(phase, phases);
                    for (int tap = 0; tap < taps * taps; tap++)
                    {
                        (int y, int x) = (tap / taps * phases + phaseY, tap % taps * phases + phaseX);
                        if (y < kernel && x < kernel)
                        {
                            PanelPacking.Pack(
                                source + (y * kernel + x) * tapStride, channelStride, outputStride, block, outputs - output,
                                values + tap * BlockFloats, 0, 1);
                        }
                        else
                        {
                            new Span<float>(values + tap * BlockFloats, BlockFloats).Clear();
                        }
                    }

                    for (int i = 0; i < block; i++)
                    {
                        Transform<TTransform>(taps, values + i * MicroKernel.Columns, wide, lines);
                        Place(in geometry, lines, packed, places, phaseY, phaseX, channel + i);
                    }
                }
            }
        }
    }

    // Where a panel's terms of each position begin.
    private static void FindPlaces(in WinogradGeometry geometry, int panel, nint* places)
    {
        (int group, int inGroup) = Math.DivRem(panel, geometry.GroupPanels);
        (int first, int count) = geometry.GroupOf(group);
        nint start = first * geometry.DepthBefore(geometry.Positions);
        for (int position = 0; position < geometry.Positions; position++)
        {
            places[position] = (
                start + geometry.DepthBefore(position) * count + (nint)inGroup * geometry.Depth(position)) * MicroKernel.Columns;
        }
    }

    // The transformed weights of one channel of a phase, at the positions in which the phase has a part.
    private static void Place(in WinogradGeometry geometry, float* lines, float* packed, nint* places, int phaseY, int phaseX, int channel)
    {
        for (int y = 0; y < geometry.Size && phaseY < geometry.PhasesAt(y); y++)
        {
            int term = geometry.Slot(y, phaseY, phaseX) * geometry.Convolution.Channels + channel;
            for (int x = 0; x < geometry.Size && phaseX < geometry.PhasesAt(x); x++)
            {
                int position = y * geometry.Size + x;
                float* target = packed + places[position] + (nint)term * MicroKernel.Columns;
                Vector256.Load(lines + position * MicroKernel.Columns).Store(target);
                Vector256.Load(lines + position * MicroKernel.Columns + 8).Store(target + 8);
            }
        }
    }

    // One channel's weights of a panel. They are put together in whole lines, as the positions lie powers of two apart and drive each other
    // out of L1.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transform<TTransform>(int taps, float* values, double* wide, float* lines)
        where TTransform : struct, IWinogradTransform
    {
        int size = TTransform.Tile + taps - 1;
        double* columns = wide + taps * taps * Lanes;
        double* row = columns + size * taps * Lanes;
        for (int lane = 0; lane < MicroKernel.Columns; lane += Lanes)
        {
            for (int tap = 0; tap < taps * taps; tap++)
            {
                Vector256.WidenLower(Vector128.Load(values + tap * BlockFloats + lane).ToVector256Unsafe()).Store(wide + tap * Lanes);
            }

            for (int x = 0; x < taps; x++)
            {
                TTransform.Weights(wide + x * Lanes, taps * Lanes, columns + x * Lanes, taps * Lanes);
            }

            for (int y = 0; y < size; y++)
            {
                TTransform.Weights(columns + y * taps * Lanes, Lanes, row, Lanes);
                for (int x = 0; x < size; x++)
                {
                    Vector128<float> value = Vector128.Narrow(Vector128.Load(row + x * Lanes), Vector128.Load(row + x * Lanes + 2));
                    value.Store(lines + (y * size + x) * MicroKernel.Columns + lane);
                }
            }
        }
    }
}
