using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Geometry of a Winograd convolution: square tiles of output pixels, in blocks that are computed together. All of it follows from the
/// shapes. A 3×3 convolution of stride 1 is one filter of three taps along each side. One of stride 2 with 3×3 or 4×4 taps is a sum of
/// four filters of at most two taps along each side, its phases: each reads every other pixel of every other row.
/// </summary>
/// <param name="Convolution">The convolution.</param>
/// <param name="Tile">Output pixels along each side of a tile: 2 or 4, and 4 where the stride is 2.</param>
/// <param name="BlockTiles">Tiles of a block.</param>
/// <param name="GroupPanels">Panels of 16 output channels that are computed together.</param>
internal readonly record struct WinogradGeometry(ConvolutionGeometry Convolution, int Tile, int BlockTiles, int GroupPanels)
{
    // What a transform costs for each value, what fetching a transformed weight costs and what computing it costs, in multiply-adds
    // (measured).
    private const long TransformCost = 10;
    private const long WeightCost = 8;
    private const long WeightTransformCost = 40;

    // Three tiles of the micro-kernel: what lies between the transforms is then mostly still in L2.
    private const int MinBlockTiles = 18;

    private const int MaxGroupPanels = 4;

    // With fewer parts, threads would not share the work evenly.
    private const int FewParts = 12;

    /// <summary>
    /// The cutting with which a convolution is computed fastest; null where it is none of those described above or a direct convolution is
    /// faster. Large tiles save the most products, but hang over where the output does not divide, and their weights take four times as
    /// much memory as those of a direct convolution, which counts where there are few pixels to use them.
    /// </summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="weightsChange">
    /// True if the weights are transformed before every run, which only many pixels make up for. That is training, whose steps amplify
    /// rounding errors: it gets small tiles, which lose no more than a direct convolution, and none with stride 2.
    /// </param>
    public static WinogradGeometry? Of(in ConvolutionGeometry convolution, bool weightsChange)
    {
        long weightCost = WeightCost + (weightsChange ? WeightTransformCost : 0);
        WinogradGeometry best;
        switch (convolution)
        {
            case { Kernel: 3, Stride: 1, Dilation: 1 }:
                best = Blocked(in convolution, WinogradTwo.Tile);
                WinogradGeometry four = Blocked(in convolution, WinogradFour.Tile);
                if (!weightsChange && four.Cost(weightCost) <= best.Cost(weightCost))
                {
                    best = four;
                }

                break;

            // Phases are whole vectors of channels, one behind the other.
            case { Kernel: 3 or 4, Stride: 2, Dilation: 1 } when !weightsChange && convolution.Channels % Vector256<float>.Count == 0:
                best = Blocked(in convolution, WinogradStrided.Tile);
                break;
            default:
                return null;
        }

        long direct = convolution.PatchLength * (long)convolution.Outputs * (convolution.OutputPixels + WeightCost);
        return best.Cost(weightCost) < direct ? best : null;
    }

    /// <summary>
    /// Geometry for the input gradient of a convolution. It is a convolution of the output gradient, with the weights turned by 180° and
    /// their channels exchanged.
    /// </summary>
    public static WinogradGeometry? OfInputGradient(in ConvolutionGeometry convolution, bool weightsChange)
    {
        ConvolutionGeometry reversed = convolution with
        {
            Height = convolution.OutputHeight,
            Width = convolution.OutputWidth,
            Channels = convolution.Outputs,
            Outputs = convolution.Channels,
            Padding = convolution.Extent - 1 - convolution.Padding,
        };
        return convolution.Stride > 1 || reversed.Padding < 0 ? null : Of(in reversed, weightsChange);
    }

    /// <summary>The cutting in tiles of the given size.</summary>
    public static WinogradGeometry Blocked(in ConvolutionGeometry convolution, int tile)
    {
        // The more weights there are, the more tiles should pass by each time that they are fetched.
        WinogradGeometry whole = new(
            convolution, tile, int.MaxValue, Math.Min(MaxGroupPanels, PanelPacking.Panels(convolution.Outputs)));
        int most = Math.Max(MinBlockTiles, (whole.Phases * whole.Phases * convolution.Channels + convolution.Outputs) / 16);
        int blocks = (whole.Tiles + most - 1) / most;
        int panels = (whole.Tiles + blocks * MicroKernel.Rows - 1) / (blocks * MicroKernel.Rows);
        WinogradGeometry geometry = whole with { BlockTiles = panels * MicroKernel.Rows };
        return geometry.Blocks * geometry.Groups < FewParts ? geometry with { GroupPanels = Math.Min(2, geometry.GroupPanels) } : geometry;
    }

    /// <summary>Taps of a filter along each side.</summary>
    public int Taps => Convolution.Stride == 1 ? 3 : 2;

    /// <summary>Phases along each side: the stride.</summary>
    public int Phases => Convolution.Stride;

    /// <summary>Input pixels of one phase along each side of a tile.</summary>
    public int Size => Tile + Taps - 1;

    /// <summary>Places of a transformed tile, for each of which the products are a matrix product.</summary>
    public int Positions => Size * Size;

    /// <summary>
    /// Phases that have a part in the values at one place of a line. The last place holds the last tap alone, which the second phase of
    /// three taps does not have.
    /// </summary>
    public int PhasesAt(int place) => place == Size - 1 && Convolution.Kernel < Phases * Taps ? 1 : Phases;

    /// <summary>Index of a phase among those in a position's terms, by the row of positions in which it stands.</summary>
    public int Slot(int row, int phaseY, int phaseX) => phaseX * PhasesAt(row) + phaseY;

    /// <summary>Terms of the sums of a position: the channels of all phases that have a part in it.</summary>
    public int Depth(int position) => PhasesAt(position / Size) * PhasesAt(position % Size) * Convolution.Channels;

    /// <summary>The terms of all positions before one, or of all.</summary>
    public nint DepthBefore(int position)
    {
        (int y, int x) = Math.DivRem(position, Size);
        return (nint)(PhasesBefore(y) * PhasesBefore(Size) + PhasesAt(y) * PhasesBefore(x)) * Convolution.Channels;
    }

    /// <summary>Tiles from an image's top to its bottom; the last may hang over.</summary>
    public int TileRows => (Convolution.OutputHeight + Tile - 1) / Tile;

    /// <summary>Tiles from an image's left to its right.</summary>
    public int TileColumns => (Convolution.OutputWidth + Tile - 1) / Tile;

    /// <summary>Tiles of the whole batch.</summary>
    public int Tiles => Convolution.Batch * TileRows * TileColumns;

    /// <summary>Blocks of tiles.</summary>
    public int Blocks => (Tiles - 1) / BlockTiles + 1;

    /// <summary>Panels of 16 output channels.</summary>
    public int Panels => PanelPacking.Panels(Convolution.Outputs);

    /// <summary>Groups of panels.</summary>
    public int Groups => (Panels + GroupPanels - 1) / GroupPanels;

    /// <summary>Floats between the transformed inputs of neighbouring positions: the channels of all phases, in whole vectors.</summary>
    public int InputStride => ((Phases * Phases * Convolution.Channels + 15) & ~15) + 16;

    /// <summary>Floats between the products of neighbouring positions.</summary>
    public int ProductStride => GroupPanels * MicroKernel.Columns + 16;

    /// <summary>The panels [first, first + count) of a group.</summary>
    public (int First, int Count) GroupOf(int group)
    {
        int first = group * GroupPanels;
        return (first, Math.Min(GroupPanels, Panels - first));
    }

    private int PhasesBefore(int place) => Phases * place - (place == Size ? Phases - PhasesAt(Size - 1) : 0);

    private long Cost(long weightCost)
    {
        long products = (long)DepthBefore(Positions) * Convolution.Outputs;
        long transformed = Positions * ((long)Phases * Phases * Convolution.Channels + Convolution.Outputs);
        return products * (Tiles + weightCost) + TransformCost * Tiles * transformed;
    }
}
