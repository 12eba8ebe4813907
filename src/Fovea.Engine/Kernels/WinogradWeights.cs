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
    private const int MostPositions = 6;

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

    /// <summary>Transforms and packs the panels [firstPanel, lastPanel) of weights O,3,3,C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack<TTransform>(in WinogradGeometry geometry, float* weights, float* packed, int firstPanel, int lastPanel)
        where TTransform : struct, IWinogradTransform
    {
        var channels = geometry.Convolution.Channels;
        var taps = stackalloc float[Taps * ChannelBlock * MicroKernel.Columns];
        for (var panel = firstPanel; panel < lastPanel; panel++)
        {
            var output = panel * MicroKernel.Columns;
            var width = Math.Min(MicroKernel.Columns, geometry.Convolution.Outputs - output);
            var (group, inGroup) = Math.DivRem(panel, geometry.GroupPanels);
            var target = Group(in geometry, packed, group, out var positionStride) + (nint)inGroup * channels * MicroKernel.Columns;
            new Span<float>(taps, Taps * ChannelBlock * MicroKernel.Columns).Clear();
            for (var channel = 0; channel < channels; channel += ChannelBlock)
            {
                var block = Math.Min(ChannelBlock, channels - channel);
                for (var tap = 0; tap < Taps; tap++)
                {
                    Transposition.Transpose(
                        weights + (output * Taps + tap) * (nint)channels + channel, Taps * channels, width, block,
                        taps + tap * ChannelBlock * MicroKernel.Columns, MicroKernel.Columns);
                }

                for (var lane = 0; lane < block * MicroKernel.Columns; lane += Vector256<double>.Count)
                {
                    Transform<TTransform>(taps + lane, target + channel * MicroKernel.Columns + lane, positionStride);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transform<TTransform>(float* taps, float* target, nint positionStride)
        where TTransform : struct, IWinogradTransform
    {
        const int TapStride = ChannelBlock * MicroKernel.Columns;
        var size = TTransform.Tile + 2;
        var matrix = TTransform.Weights;
        var columns = stackalloc Vector256<double>[MostPositions * 3];
        for (var x = 0; x < 3; x++)
        {
            var tap0 = Widen(taps + x * TapStride);
            var tap1 = Widen(taps + (3 + x) * TapStride);
            var tap2 = Widen(taps + (6 + x) * TapStride);
            for (var y = 0; y < size; y++)
            {
                columns[y * 3 + x] = matrix[y * 3] * tap0 + matrix[y * 3 + 1] * tap1 + matrix[y * 3 + 2] * tap2;
            }
        }

        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var value = matrix[x * 3] * columns[y * 3] + matrix[x * 3 + 1] * columns[y * 3 + 1] + matrix[x * 3 + 2] * columns[y * 3 + 2];
                Vector256.Narrow(value, value).GetLower().Store(target + (y * size + x) * positionStride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Widen(float* source) => Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe());
}
