using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The weights of a Winograd convolution: G·g·Gᵀ for every pair of channels, computed in double precision and rounded once, packed for the products
/// as [group of panels, position, panel, channel, 16 outputs].
/// </summary>
internal static unsafe class WinogradWeights
{
    private const int Taps = 9;
    private const int ChannelBlock = 8;
    private const int BlockFloats = ChannelBlock * MicroKernel.Columns;
    private const int MostRows = 6;
    private const int Lanes = 4;

    /// <summary>Floats of the packed weights.</summary>
    public static nint PackedLength(in WinogradGeometry geometry) =>
        geometry.Positions * RightPacking.PackedLength(geometry.Convolution.Channels, geometry.Convolution.Outputs);

    /// <summary>The packed weights of a group at its first position, and the floats to the next position.</summary>
    public static float* Group(in WinogradGeometry geometry, float* packed, int group, out nint positionStride)
    {
        var (first, count) = geometry.GroupOf(group);
        var panel = (nint)geometry.Convolution.Channels * MicroKernel.Columns;
        positionStride = count * panel;
        return packed + first * panel * geometry.Positions;
    }

    /// <summary>
    /// Transforms and packs the panels [firstPanel, lastPanel) of weights O,3,3,C; when <paramref name="reversed"/>, of the weights C,3,3,O
    /// turned by 180°, which lead gradients back.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack<TTransform>(
        in WinogradGeometry geometry, float* weights, bool reversed, float* packed, int firstPanel, int lastPanel)
        where TTransform : struct, IWinogradTransform
    {
        var (channels, outputs) = (geometry.Convolution.Channels, geometry.Convolution.Outputs);
        var (channelStride, outputStride) = reversed ? (Taps * outputs, 1) : (1, Taps * channels);
        var (firstTap, tapStride) = reversed ? ((Taps - 1) * outputs, -outputs) : (0, channels);
        var taps = stackalloc float[Taps * BlockFloats];
        var wide = stackalloc double[(Taps + MostRows * 3 + MostRows) * Lanes];
        var lines = stackalloc float[MostRows * MostRows * MicroKernel.Columns];
        for (var panel = firstPanel; panel < lastPanel; panel++)
        {
            var output = panel * MicroKernel.Columns;
            var (group, inGroup) = Math.DivRem(panel, geometry.GroupPanels);
            var target = Group(in geometry, packed, group, out var positionStride) + (nint)inGroup * channels * MicroKernel.Columns;
            for (var channel = 0; channel < channels; channel += ChannelBlock)
            {
                var block = Math.Min(ChannelBlock, channels - channel);
                var source = weights + (nint)output * outputStride + (nint)channel * channelStride + firstTap;
                for (var tap = 0; tap < Taps; tap++)
                {
                    RightPacking.Pack(
                        source + tap * tapStride, channelStride, outputStride, block, outputs - output, taps + tap * BlockFloats, 0, 1);
                }

                for (var i = 0; i < block; i++)
                {
                    var line = target + (nint)(channel + i) * MicroKernel.Columns;
                    Transform<TTransform>(taps + i * MicroKernel.Columns, line, positionStride, wide, lines);
                }
            }
        }
    }

    // One channel's weights of a panel. They are stored in whole lines, as the positions lie powers of two apart and drive each other out of L1.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transform<TTransform>(float* taps, float* target, nint positionStride, double* wide, float* lines)
        where TTransform : struct, IWinogradTransform
    {
        var size = TTransform.Tile + 2;
        var columns = wide + Taps * Lanes;
        var row = columns + MostRows * 3 * Lanes;
        for (var lane = 0; lane < MicroKernel.Columns; lane += Lanes)
        {
            for (var tap = 0; tap < Taps; tap++)
            {
                Vector256.WidenLower(Vector128.Load(taps + tap * BlockFloats + lane).ToVector256Unsafe()).Store(wide + tap * Lanes);
            }

            for (var x = 0; x < 3; x++)
            {
                TTransform.Weights(wide + x * Lanes, 3 * Lanes, columns + x * Lanes, 3 * Lanes);
            }

            for (var y = 0; y < size; y++)
            {
                TTransform.Weights(columns + y * 3 * Lanes, Lanes, row, Lanes);
                for (var x = 0; x < size; x++)
                {
                    var value = Vector128.Narrow(Vector128.Load(row + x * Lanes), Vector128.Load(row + x * Lanes + 2));
                    value.Store(lines + (y * size + x) * MicroKernel.Columns + lane);
                }
            }
        }

        for (var position = 0; position < size * size; position++)
        {
            Vector256.Load(lines + position * MicroKernel.Columns).Store(target + position * positionStride);
            Vector256.Load(lines + position * MicroKernel.Columns + 8).Store(target + position * positionStride + 8);
        }
    }
}
