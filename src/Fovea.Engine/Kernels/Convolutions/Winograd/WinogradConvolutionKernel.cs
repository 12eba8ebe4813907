using System.Runtime.CompilerServices;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Dense convolution by Winograd: tiles of the input and the weights are transformed so that a tile of outputs takes one product for each
/// of its positions instead of one for each tap of each of its pixels. For each position, the products of a block of tiles are a matrix
/// product. The phases of a strided convolution (<see cref="WinogradGeometry"/>) are transformed alike, and their products are one sum.
/// </summary>
internal static unsafe class WinogradConvolutionKernel
{
    /// <summary>Floats that the transformed, packed weights take.</summary>
    public static nint PackedLength(in WinogradGeometry geometry) => WinogradWeights.PackedLength(in geometry);

    /// <summary>Panels of the packed weights: the parts of <see cref="Pack"/>.</summary>
    public static int PackParts(in WinogradGeometry geometry) => geometry.Panels;

    /// <summary>Independent parts of <see cref="Forward"/>: blocks of tiles by groups of output channels.</summary>
    public static int Parts(in WinogradGeometry geometry) => geometry.Blocks * geometry.Groups;

    /// <summary>Floats of scratch that <see cref="Forward"/> needs: a block's transformed input and the products of a group.</summary>
    public static nint ScratchFloats(in WinogradGeometry geometry) =>
        WinogradTiles.ScratchFloats + (nint)geometry.BlockTiles * geometry.Positions * (geometry.InputStride + geometry.ProductStride);

    /// <summary>
    /// Transforms and packs weights O,3,3,C for <see cref="Forward"/>; when <paramref name="reversed"/>, the weights C,3,3,O of the
    /// convolution whose input gradient the geometry is made for (<see cref="WinogradGeometry.OfInputGradient"/>).
    /// </summary>
    public static void Pack(in WinogradGeometry geometry, float* weights, bool reversed, float* packed, int firstPart, int lastPart)
    {
        switch (geometry.Taps, geometry.Tile)
        {
            case (3, 2):
                WinogradWeights.Pack<WinogradTwo>(in geometry, weights, reversed, packed, firstPart, lastPart);
                break;
            case (3, _):
                WinogradWeights.Pack<WinogradFour>(in geometry, weights, reversed, packed, firstPart, lastPart);
                break;
            default:
                WinogradWeights.Pack<WinogradStrided>(in geometry, weights, reversed, packed, firstPart, lastPart);
                break;
        }
    }

    /// <summary>
    /// Computes parts [firstPart, lastPart) of the output, finished by <paramref name="epilogue"/> (residuals laid out as the output).
    /// </summary>
    public static void Forward(
        in WinogradGeometry geometry, float* input, float* packedWeights, float* output, in EpilogueArguments epilogue, int firstPart,
        int lastPart,
        float* scratch)
    {
        switch (geometry.Taps, geometry.Tile)
        {
            case (3, 2):
                Forward<WinogradTwo>(in geometry, input, packedWeights, output, in epilogue, firstPart, lastPart, scratch);
                break;
            case (3, _):
                Forward<WinogradFour>(in geometry, input, packedWeights, output, in epilogue, firstPart, lastPart, scratch);
                break;
            default:
                Forward<WinogradStrided>(in geometry, input, packedWeights, output, in epilogue, firstPart, lastPart, scratch);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward<TTransform>(
        in WinogradGeometry geometry, float* input, float* packedWeights, float* output, in EpilogueArguments epilogue, int firstPart,
        int lastPart,
        float* scratch)
        where TTransform : struct, IWinogradTransform
    {
        WinogradLayout layout = WinogradLayout.TileByTile(in geometry);
        float* transformed = scratch + WinogradTiles.ScratchFloats;
        float* products = transformed + (nint)geometry.BlockTiles * geometry.Positions * geometry.InputStride;
        int transformedBlock = -1;
        bool isZero = false;
        for (int part = firstPart; part < lastPart; part++)
        {
            (int block, int group) = Math.DivRem(part, geometry.Groups);
            int firstTile = block * geometry.BlockTiles;
            int lastTile = Math.Min(firstTile + geometry.BlockTiles, geometry.Tiles);
            if (block != transformedBlock)
            {
                WinogradTiles.Input<TTransform>(in geometry, input, firstTile, lastTile, transformed, in layout, scratch);
                transformedBlock = block;
                isZero = IsZero(in geometry, transformed, lastTile - firstTile);
            }

            float* weights = WinogradWeights.Group(in geometry, packedWeights, group);
            if (isZero)
            {
                new Span<float>(products, (lastTile - firstTile) * geometry.Positions * geometry.ProductStride).Clear();
            }
            else
            {
                Multiply(in geometry, transformed, weights, geometry.GroupOf(group).Count, lastTile - firstTile, products);
            }

            int firstChannel = geometry.GroupOf(group).First * MicroKernel.Columns;
            int lastChannel = Math.Min(firstChannel + geometry.GroupPanels * MicroKernel.Columns, geometry.Convolution.Outputs);
            WinogradTiles.Output<TTransform>(
                in geometry, products, firstTile, lastTile, firstChannel, lastChannel, output, in epilogue, scratch);
        }
    }

    // True if the block has nothing to multiply, as gradients of regions that nothing is learnt from.
    private static bool IsZero(in WinogradGeometry geometry, float* transformed, int tiles)
    {
        for (int i = 0; i < tiles * geometry.Positions; i++)
        {
            if (!NonZeroRows.IsZero(transformed + ((nint)i * geometry.InputStride), geometry.Depth(i % geometry.Positions)))
            {
                return false;
            }
        }

        return true;
    }

    // Whole panels, so that no tile of the product is cut off by the last output channel. Weights are read in the order in which they lie,
    // a piece that fits L1 at a time, while the block's tiles go by.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(in WinogradGeometry geometry, float* transformed, float* weights, int panels, int tiles, float* products)
    {
        nint leftStride = (nint)geometry.Positions * geometry.InputStride;
        nint resultStride = (nint)geometry.Positions * geometry.ProductStride;
        for (int position = 0; position < geometry.Positions; position++)
        {
            float* left = transformed + (nint)position * geometry.InputStride;
            int terms = geometry.Depth(position);
            int depthBlock = MatMulKernel.DepthBlock(terms);
            for (int panel = 0; panel < panels; panel++)
            {
                float* result = products + (nint)position * geometry.ProductStride + panel * MicroKernel.Columns;
                for (int depth = 0; depth < terms; depth += depthBlock)
                {
                    int depths = Math.Min(depthBlock, terms - depth);
                    for (int tile = 0, rows; tile < tiles; tile += rows)
                    {
                        rows = MicroKernel.NextRows(tiles - tile);
                        MicroKernel.Multiply(
                            left + tile * leftStride + depth, leftStride, rows, weights, depths, result + tile * resultStride, resultStride,
                            resume: depth > 0, PanelPrefetch.Share(weights + depths * MicroKernel.Columns, depths, tile, rows, tiles));
                    }

                    weights += depths * MicroKernel.Columns;
                }
            }
        }
    }
}
