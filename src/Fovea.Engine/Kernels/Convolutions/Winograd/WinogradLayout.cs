using System.Runtime.CompilerServices;

namespace Fovea.Engine.Kernels;

/// <summary>Places of the values of transformed tiles: distances in floats.</summary>
/// <param name="Tile">From a tile to the next.</param>
/// <param name="Panel">From 16 channels to the next 16, which lie together.</param>
/// <param name="Position">From a position to the next.</param>
internal readonly record struct WinogradLayout(nint Tile, nint Panel, nint Position)
{
    /// <summary>Layout with all channels of a position together and all positions of a tile.</summary>
    /// <param name="geometry">The cutting.</param>
    public static WinogradLayout TileByTile(in WinogradGeometry geometry) =>
        new((nint)geometry.Positions * geometry.InputStride, MicroKernel.Columns, geometry.InputStride);

    /// <summary>Place of a channel at the first position of the first tile.</summary>
    /// <param name="channel">Index of the channel.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Of(int channel) => (channel / MicroKernel.Columns * Panel) + (channel % MicroKernel.Columns);
}
