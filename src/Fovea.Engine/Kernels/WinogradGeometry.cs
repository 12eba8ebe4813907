namespace Fovea.Engine.Kernels;

/// <summary>
/// How a 3×3 convolution of stride 1 is cut into square tiles of output pixels and into blocks of them that are computed together. All of it follows
/// from the shapes.
/// </summary>
/// <param name="Convolution">The convolution.</param>
/// <param name="Tile">Output pixels along each side of a tile: 2 or 4.</param>
/// <param name="BlockTiles">Tiles of a block.</param>
/// <param name="GroupPanels">Panels of 16 output channels that are computed together.</param>
internal readonly record struct WinogradGeometry(ConvolutionGeometry Convolution, int Tile, int BlockTiles, int GroupPanels)
{
    // What a transform costs for each value, what fetching a transformed weight costs and what computing it costs, in multiply-adds (measured).
    private const long TransformCost = 10;
    private const long WeightCost = 8;
    private const long WeightTransformCost = 40;

    // Three tiles of the micro-kernel: what lies between the transforms is then mostly still in L2.
    private const int LeastBlockTiles = 18;

    private const int MostGroupPanels = 4;

    // With fewer parts, threads would not share the work evenly.
    private const int FewParts = 12;

    /// <summary>
    /// The cutting with which a convolution is computed fastest; null where it is not 3×3 with stride and dilation 1 or a direct convolution is faster.
    /// Large tiles save the most products, but hang over where the output does not divide, and their weights take four times as much memory
    /// as those of a direct convolution, which counts where there are few pixels to use them.
    /// </summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="weightsChange">
    /// Whether the weights are transformed before every run, which only many pixels make up for. That is training, whose steps amplify rounding
    /// errors: it gets small tiles, which lose no more than a direct convolution.
    /// </param>
    public static WinogradGeometry? Of(in ConvolutionGeometry convolution, bool weightsChange)
    {
        if (convolution is not { Kernel: 3, Stride: 1, Dilation: 1 })
        {
            return null;
        }

        var two = Blocked(in convolution, WinogradTwo.Tile);
        var four = Blocked(in convolution, WinogradFour.Tile);
        var weightCost = WeightCost + (weightsChange ? WeightTransformCost : 0);
        var best = !weightsChange && four.Cost(weightCost) <= two.Cost(weightCost) ? four : two;
        var direct = convolution.PatchLength * (long)convolution.Outputs * (convolution.OutputPixels + WeightCost);
        return best.Cost(weightCost) < direct ? best : null;
    }

    /// <summary>
    /// The same for the input gradient of a convolution. It is a convolution of the output gradient, with the weights turned by 180° and their
    /// channels exchanged.
    /// </summary>
    public static WinogradGeometry? OfInputGradient(in ConvolutionGeometry convolution, bool weightsChange)
    {
        var reversed = convolution with
        {
            Height = convolution.OutputHeight,
            Width = convolution.OutputWidth,
            Channels = convolution.Outputs,
            Outputs = convolution.Channels,
            Padding = convolution.Extent - 1 - convolution.Padding,
        };
        return reversed.Padding < 0 ? null : Of(in reversed, weightsChange);
    }

    /// <summary>The cutting in tiles of the given size.</summary>
    public static WinogradGeometry Blocked(in ConvolutionGeometry convolution, int tile)
    {
        // The more weights there are, the more tiles should pass by each time that they are fetched.
        var whole = new WinogradGeometry(convolution, tile, int.MaxValue, Math.Min(MostGroupPanels, RightPacking.Panels(convolution.Outputs)));
        var most = Math.Max(LeastBlockTiles, (convolution.Channels + convolution.Outputs) / 16);
        var blocks = (whole.Tiles + most - 1) / most;
        var panels = (whole.Tiles + blocks * MicroKernel.Rows - 1) / (blocks * MicroKernel.Rows);
        var geometry = whole with { BlockTiles = panels * MicroKernel.Rows };
        return geometry.Blocks * geometry.Groups < FewParts ? geometry with { GroupPanels = Math.Min(2, geometry.GroupPanels) } : geometry;
    }

    /// <summary>Input pixels along each side of a tile.</summary>
    public int Size => Tile + 2;

    /// <summary>Products of a tile for each pair of channels, one for each of its transformed input pixels.</summary>
    public int Positions => Size * Size;

    /// <summary>Tiles from a picture's top to its bottom; the last may hang over.</summary>
    public int TileRows => (Convolution.OutputHeight + Tile - 1) / Tile;

    /// <summary>Tiles from a picture's left to its right.</summary>
    public int TileColumns => (Convolution.OutputWidth + Tile - 1) / Tile;

    /// <summary>Tiles of the whole batch.</summary>
    public int Tiles => Convolution.Batch * TileRows * TileColumns;

    /// <summary>Blocks of tiles.</summary>
    public int Blocks => (Tiles - 1) / BlockTiles + 1;

    /// <summary>Panels of 16 output channels.</summary>
    public int Panels => RightPacking.Panels(Convolution.Outputs);

    /// <summary>Groups of panels.</summary>
    public int Groups => (Panels + GroupPanels - 1) / GroupPanels;

    /// <summary>Floats between the transformed inputs of neighbouring positions: channels in whole vectors.</summary>
    public int InputStride => ((Convolution.Channels + 15) & ~15) + 16;

    /// <summary>Floats between the products of neighbouring positions.</summary>
    public int ProductStride => GroupPanels * MicroKernel.Columns + 16;

    /// <summary>The panels [first, first + count) of a group.</summary>
    public (int First, int Count) GroupOf(int group)
    {
        var first = group * GroupPanels;
        return (first, Math.Min(GroupPanels, Panels - first));
    }

    private long Cost(long weightCost)
    {
        long pairs = (long)Convolution.Channels * Convolution.Outputs;
        return Positions * (pairs * (Tiles + weightCost) + TransformCost * Tiles * (Convolution.Channels + Convolution.Outputs));
    }
}
