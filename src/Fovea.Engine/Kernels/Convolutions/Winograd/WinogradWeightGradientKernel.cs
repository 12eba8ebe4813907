using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The gradient of a 3×3 convolution with respect to its weights O,3,3,C by Winograd: tiles of the input and of the output gradient are
/// transformed, a matrix product over all tiles is summed for each of their 16 positions, and the sums are transformed to nine taps, with
/// 2.25 times fewer products than by <see cref="ConvolutionWeightGradientKernel"/>. Small sums are split into up to 8 chunks of tiles,
/// large ones by their rows; the parts follow from the shape alone. Runs, then merges.
/// </summary>
internal readonly unsafe struct WinogradWeightGradientKernel : IWeightGradientKernel
{
    private const int Positions = 16;
    private const int Tile = 2;
    private const int Lanes = 8;

    // Tiles that are transformed together: the depth of the products.
    private const int BlockTiles = 64;

    private const int MaxChunks = 8;
    private const int SmallGradient = 128 * 128;

    // What transforming a value and fetching, storing and transforming a sum cost, in multiply-adds (measured).
    private const long TransformCost = 13;
    private const long SumCost = 40;

    /// <summary>True if a convolution is one that this kernel computes, and faster than the direct one.</summary>
    public static bool IsFaster(in ConvolutionGeometry convolution)
    {
        if (convolution is not { Kernel: 3, Stride: 1, Dilation: 1 })
        {
            return false;
        }

        long products = (long)convolution.Outputs * convolution.Channels;
        long tiles = Tiles(in convolution);
        long transformed = tiles * (convolution.Channels + (2L * convolution.Outputs));
        long winograd = Positions * ((products * (tiles + SumCost)) + (TransformCost * transformed));
        return winograd < convolution.PatchLength * (long)convolution.Outputs * convolution.OutputPixels;
    }

    /// <summary>Independent parts of <see cref="Run"/>: chunks of tiles, or panels of 6 outputs.</summary>
    public static int Parts(in ConvolutionGeometry convolution) =>
        Chunks(in convolution) is > 1 and int chunks ? chunks : MatMulKernel.RowPanels(convolution.Outputs);

    /// <summary>Floats of the sums that <see cref="Run"/> leaves for <see cref="Merge"/>.</summary>
    public static nint PartialFloats(in ConvolutionGeometry convolution) => Chunks(in convolution) * SumFloats(in convolution);

    /// <summary>Floats of scratch that <see cref="Run"/> needs: a block's transformed input and output gradient.</summary>
    public static nint ScratchFloats(in ConvolutionGeometry convolution) =>
        WinogradTiles.ScratchFloats + StageFloats + InputFloats(in convolution)
        + ((nint)Positions * GradientRows(convolution.Outputs) * BlockTiles);

    /// <summary>Independent parts of <see cref="Merge"/>: the outputs.</summary>
    public static int MergeParts(in ConvolutionGeometry convolution) => convolution.Outputs;

    private static int StageFloats => Positions * Lanes * Lanes;

    /// <summary>Sums parts [firstPart, lastPart) from the input N,H,W,C and the output gradient N,OH,OW,O.</summary>
    public static void Run(
        in ConvolutionGeometry convolution, float* input, float* outputGradient, float* partials, int firstPart, int lastPart,
        float* scratch)
    {
        int chunks = Chunks(in convolution);
        if (chunks == 1)
        {
            int lastOutput = Math.Min(lastPart * MicroKernel.Rows, convolution.Outputs);
            Sum(
                in convolution, input, outputGradient, 0, Tiles(in convolution), firstPart * MicroKernel.Rows, lastOutput, partials,
                scratch);
            return;
        }

        for (int chunk = firstPart; chunk < lastPart; chunk++)
        {
            int firstTile = (int)((long)Tiles(in convolution) * chunk / chunks);
            int lastTile = (int)((long)Tiles(in convolution) * (chunk + 1) / chunks);
            Sum(
                in convolution, input, outputGradient, firstTile, lastTile, 0, convolution.Outputs,
                partials + (chunk * SumFloats(in convolution)), scratch);
        }
    }

    /// <summary>Merges the sums of outputs [firstPart, lastPart), chunk after chunk, and transforms them to the gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Merge(in ConvolutionGeometry convolution, float* weightGradient, float* partials, int firstPart, int lastPart)
    {
        int chunks = Chunks(in convolution);
        int channels = convolution.Channels;
        nint sumFloats = SumFloats(in convolution);
        nint stride = SumStride(channels);
        float* merged = stackalloc float[(Positions + 12 + 9) * Lanes];
        float* columns = merged + (Positions * Lanes);
        float* taps = columns + (12 * Lanes);
        for (int output = firstPart; output < lastPart; output++)
        {
            for (int channel = 0; channel < channels; channel += Lanes)
            {
                for (int position = 0; position < Positions; position++)
                {
                    float* source = partials + (((position * (nint)convolution.Outputs) + output) * stride) + channel;
                    Vector256<float> sum = Vector256.Load(source);
                    for (int chunk = 1; chunk < chunks; chunk++)
                    {
                        sum += Vector256.Load(source + (chunk * sumFloats));
                    }

                    sum.Store(merged + (position * Lanes));
                }

                WinogradWeightGradientTransforms.Taps(merged, columns, taps);
                float* target = weightGradient + ((nint)output * convolution.PatchLength) + channel;
                int lanes = Math.Min(Lanes, channels - channel);
                for (int tap = 0; tap < 9; tap++, target += channels)
                {
                    new ReadOnlySpan<float>(taps + (tap * Lanes), lanes).CopyTo(new Span<float>(target, lanes));
                }
            }
        }
    }

    // The sums of outputs [firstOutput, lastOutput) over tiles, a block of tiles at a time. Blocks whose output gradient is zero add
    // nothing and are left out; all outputs decide, so that it is the same for any range of them.
    private static void Sum(
        in ConvolutionGeometry convolution, float* input, float* outputGradient, int firstTile, int lastTile, int firstOutput,
        int lastOutput, float* sums, float* scratch)
    {
        WinogradGeometry geometry = new(convolution, Tile, BlockTiles, GroupPanels: 1);
        float* stage = scratch + WinogradTiles.ScratchFloats;
        float* inputs = stage + StageFloats;
        float* gradients = inputs + InputFloats(in convolution);
        nint stride = SumStride(convolution.Channels);
        bool resume = false;
        for (int tile = firstTile; tile < lastTile; tile += BlockTiles)
        {
            int end = Math.Min(tile + BlockTiles, lastTile);
            if (IsZero(in geometry, outputGradient, tile, end))
            {
                continue;
            }

            int depth = end - tile;
            WinogradLayout layout = new(MicroKernel.Columns, (nint)depth * MicroKernel.Columns, stride * depth);
            WinogradTiles.Input<WinogradTwo>(in geometry, input, tile, end, inputs, in layout, scratch);
            TransformGradient(in geometry, outputGradient, tile, end, firstOutput, lastOutput, gradients, stage);
            Multiply(in convolution, inputs, in layout, gradients, depth, firstOutput, lastOutput, sums, resume);
            resume = true;
        }

        for (int position = 0; !resume && position < Positions; position++)
        {
            float* rows = sums + (((position * (nint)convolution.Outputs) + firstOutput) * stride);
            NativeMemory.Clear(rows, (nuint)((lastOutput - firstOutput) * stride * sizeof(float)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(
        in ConvolutionGeometry convolution, float* inputs, in WinogradLayout layout, float* gradients, int depth, int firstOutput,
        int lastOutput, float* sums, bool resume)
    {
        int outputs = lastOutput - firstOutput;
        nint stride = SumStride(convolution.Channels);
        for (int position = 0; position < Positions; position++)
        {
            float* left = gradients + ((nint)position * GradientRows(outputs) * BlockTiles);
            float* result = sums + (((position * (nint)convolution.Outputs) + firstOutput) * stride);
            for (int panel = 0; panel < PanelPacking.Panels(convolution.Channels); panel++)
            {
                float* right = inputs + (position * layout.Position) + (panel * layout.Panel);
                for (int output = 0, rows; output < outputs; output += rows)
                {
                    rows = MicroKernel.NextRows(outputs - output);
                    MicroKernel.Multiply(
                        left + ((nint)output * BlockTiles), BlockTiles, rows, right, depth,
                        result + (output * stride) + (panel * MicroKernel.Columns), stride, resume);
                }
            }
        }
    }

    // The transformed output gradient as [position, output, tile]: eight channels of eight tiles at a time, which are then transposed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransformGradient(
        in WinogradGeometry geometry, float* outputGradient, int firstTile, int lastTile, int firstOutput, int lastOutput, float* target,
        float* stage)
    {
        int outputs = geometry.Convolution.Outputs;
        (int height, int width) = (geometry.Convolution.OutputHeight, geometry.Convolution.OutputWidth);
        nint positionStride = (nint)GradientRows(lastOutput - firstOutput) * BlockTiles;
        float* pixels = stackalloc float[4 * Lanes];
        for (int first = firstTile; first < lastTile; first += Lanes)
        {
            int count = Math.Min(Lanes, lastTile - first);
            for (int channel = firstOutput; channel < lastOutput; channel += Lanes)
            {
                for (int i = 0; i < count; i++)
                {
                    (int image, int row, int column) = WinogradTiles.Locate(in geometry, first + i);
                    (int y, int x) = (row * Tile, column * Tile);
                    float* corner = outputGradient + (((((nint)image * height) + y) * width + x) * outputs) + channel;
                    bool hasRight = x + 1 < width;
                    bool hasLower = y + 1 < height;
                    nint line = (nint)width * outputs;
                    Vector256.Load(corner).Store(pixels);
                    (hasRight ? Vector256.Load(corner + outputs) : default).Store(pixels + Lanes);
                    (hasLower ? Vector256.Load(corner + line) : default).Store(pixels + (2 * Lanes));
                    (hasRight && hasLower ? Vector256.Load(corner + line + outputs) : default).Store(pixels + (3 * Lanes));
                    WinogradWeightGradientTransforms.OutputGradient(pixels, stage + (i * Lanes), Lanes * Lanes);
                }

                float* place = target + ((nint)(channel - firstOutput) * BlockTiles) + (first - firstTile);
                for (int position = 0; position < Positions; position++)
                {
                    TransposeKernel.Transpose(
                        stage + (position * Lanes * Lanes), Lanes, Lanes, Lanes, place + (position * positionStride), BlockTiles);
                }
            }
        }
    }

    private static bool IsZero(in WinogradGeometry geometry, float* outputGradient, int firstTile, int lastTile)
    {
        (int height, int width) = (geometry.Convolution.OutputHeight, geometry.Convolution.OutputWidth);
        for (int tile = firstTile; tile < lastTile; tile++)
        {
            (int image, int row, int column) = WinogradTiles.Locate(in geometry, tile);
            int pixels = Math.Min(Tile, width - (column * Tile));
            for (int y = row * Tile; y < Math.Min((row + 1) * Tile, height); y++)
            {
                nint pixel = (((nint)image * height) + y) * width + (column * Tile);
                if (!NonZeroRows.IsZero(outputGradient + (pixel * geometry.Convolution.Outputs), pixels * geometry.Convolution.Outputs))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static int Tiles(in ConvolutionGeometry convolution) =>
        convolution.Batch * ((convolution.OutputHeight + 1) / Tile) * ((convolution.OutputWidth + 1) / Tile);

    private static int Chunks(in ConvolutionGeometry convolution) => (long)convolution.Outputs * convolution.Channels <= SmallGradient
        ? Math.Clamp(Tiles(in convolution) / BlockTiles, 1, MaxChunks)
        : 1;

    private static nint SumFloats(in ConvolutionGeometry convolution) =>
        (nint)Positions * convolution.Outputs * SumStride(convolution.Channels);

    private static nint InputFloats(in ConvolutionGeometry convolution) => Positions * SumStride(convolution.Channels) * BlockTiles;

    // Channels in whole panels.
    private static nint SumStride(int channels) => (nint)PanelPacking.Panels(channels) * MicroKernel.Columns;

    // Rows in whole vectors.
    private static int GradientRows(int outputs) => (outputs + Lanes - 1) / Lanes * Lanes;
}
