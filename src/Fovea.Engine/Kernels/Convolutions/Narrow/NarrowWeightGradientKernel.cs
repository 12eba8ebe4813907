namespace Fovea.Engine.Kernels;

/// <summary>
/// Gradient of the weights O,KH,KW,C of a dense convolution with few channels, where to gather patches would take longer than to multiply
/// them. A row of taps lies contiguous under each window: rows of the image, with zeros on both sides, are read in place, and the sums of
/// one row of taps for some outputs stay in registers over a block of output lines. Each part sums over a share of the blocks; they are
/// merged in order.
/// </summary>
internal readonly unsafe struct NarrowWeightGradientKernel : IWeightGradientKernel
{
    private const int MaxParts = 8;
    private const int MaxChannels = 48;
    private const int MaxOutputs = 128;

    // Floats of the image and of the output gradient that stay in the nearest cache while all taps and outputs are summed over them.
    private const int BlockFloats = 4096;

    /// <summary>True where this kernel is faster than the product with gathered patches.</summary>
    public static bool IsFaster(in ConvolutionGeometry convolution) =>
        convolution is { Dilation: 1, Kernel: > 1, Channels: <= MaxChannels, Outputs: >= OuterProductTile.Rows and <= MaxOutputs };

    /// <summary>Independent parts of <see cref="Run"/>.</summary>
    public static int Parts(in ConvolutionGeometry convolution) =>
        Math.Min(convolution.Batch * new Block(in convolution).PerImage, MaxParts);

    /// <summary>Floats of the partials between the run and the merge.</summary>
    public static nint PartialFloats(in ConvolutionGeometry convolution) =>
        (nint)Parts(in convolution) * convolution.Outputs * convolution.PatchLength;

    /// <summary>Floats of scratch that <see cref="Run"/> needs.</summary>
    public static nint ScratchFloats(in ConvolutionGeometry convolution)
    {
        Block block = new(in convolution);
        return block.ImageFloats + block.SumFloats;
    }

    /// <summary>Runs parts [firstPart, lastPart) from the input N,H,W,C and the output gradient N,OH,OW,O.</summary>
    public static void Run(
        in ConvolutionGeometry convolution, float* input, float* outputGradient, float* partials, int firstPart, int lastPart,
        float* scratch)
    {
        Block block = new(in convolution);
        float* sums = scratch + block.ImageFloats;
        nint imageFloats = (nint)convolution.Height * convolution.Width * convolution.Channels;
        nint lineFloats = (nint)convolution.OutputWidth * convolution.Outputs;
        long blocks = (long)convolution.Batch * block.PerImage;
        int parts = Parts(in convolution);
        new Span<float>(scratch, block.ImageFloats).Clear();
        for (int part = firstPart; part < lastPart; part++)
        {
            new Span<float>(sums, block.SumFloats).Clear();
            int last = (int)(blocks * (part + 1) / parts);
            for (int at = (int)(blocks * part / parts); at < last; at++)
            {
                (int image, int line) = Math.DivRem(at, block.PerImage);
                line *= block.Lines;
                int lines = Math.Min(block.Lines, convolution.OutputHeight - line);
                float* gradient = outputGradient + ((nint)image * convolution.OutputHeight + line) * lineFloats;
                CopyLines(in convolution, in block, input + image * imageFloats, line, lines, scratch);
                AddLines(in convolution, in block, scratch, gradient, lines, sums);
            }

            Unpad(in convolution, in block, sums, partials + (nint)part * convolution.Outputs * convolution.PatchLength);
        }
    }

    /// <summary>Independent parts of <see cref="Merge"/>.</summary>
    public static int MergeParts(in ConvolutionGeometry convolution) =>
        WeightGradientKernel.ChunkMergeParts(convolution.Outputs * convolution.PatchLength);

    /// <summary>Merges parts [firstPart, lastPart) of the partials into the weight gradient.</summary>
    public static void Merge(in ConvolutionGeometry convolution, float* weightGradient, float* partials, int firstPart, int lastPart) =>
        WeightGradientKernel.MergeChunks(
            partials, Parts(in convolution), convolution.Outputs * convolution.PatchLength, weightGradient, firstPart, lastPart);

    // The lines of the image that lie under a block of output lines, zeros where they lie outside; their sides are zero already.
    private static void CopyLines(in ConvolutionGeometry convolution, in Block block, float* image, int line, int lines, float* target)
    {
        int length = convolution.Width * convolution.Channels;
        int count = (lines - 1) * convolution.Stride + convolution.Kernel;
        for (int i = 0; i < count; i++)
        {
            int y = line * convolution.Stride - convolution.Padding + i;
            Span<float> inside = new(target + i * block.Pitch + convolution.Padding * convolution.Channels, length);
            if ((uint)y < (uint)convolution.Height)
            {
                new ReadOnlySpan<float>(image + (nint)y * length, length).CopyTo(inside);
            }
            else
            {
                inside.Clear();
            }
        }
    }

    private static void AddLines(in ConvolutionGeometry convolution, in Block block, float* image, float* gradient, int lines, float* sums)
    {
        OuterProductSteps steps = new(
            convolution.Stride * block.Pitch, convolution.Stride * convolution.Channels, convolution.Outputs, lines,
            convolution.OutputWidth);
        nint floats = (nint)lines * convolution.OutputWidth * convolution.Outputs;
        for (int tile = 0; tile < block.Tiles; tile++)
        {
            float* outputs = gradient + OuterProductTile.FirstRow(tile, convolution.Outputs);
            OuterProductTile.PrefetchNext(gradient, floats, tile, block.Tiles);
            for (int tap = 0; tap < convolution.Kernel; tap++)
            {
                float* target = sums + ((nint)tile * OuterProductTile.Rows * convolution.Kernel + tap) * block.RunFloats;
                OuterProductTile.Add(
                    outputs, image + tap * block.Pitch, block.RunFloats, in steps, target,
                    (nint)convolution.Kernel * block.RunFloats);
            }
        }
    }

    private static void Unpad(in ConvolutionGeometry convolution, in Block block, float* sums, float* partial)
    {
        int run = convolution.Kernel * convolution.Channels;
        for (int tile = 0; tile < block.Tiles; tile++)
        {
            float* target = partial + (nint)OuterProductTile.FirstRow(tile, convolution.Outputs) * convolution.PatchLength;
            for (int row = 0; row < OuterProductTile.Rows * convolution.Kernel; row++)
            {
                float* source = sums + ((nint)tile * OuterProductTile.Rows * convolution.Kernel + row) * block.RunFloats;
                new ReadOnlySpan<float>(source, run).CopyTo(new Span<float>(target + (nint)row * run, run));
            }
        }
    }

    /// <summary>Sizes of a block of output lines and of its sums.</summary>
    private readonly struct Block
    {
        public Block(in ConvolutionGeometry convolution)
        {
            RunFloats = OuterProductTile.PaddedColumns(convolution.Kernel * convolution.Channels);
            Tiles = OuterProductTile.Tiles(convolution.Outputs);

            // Behind a line, vectors of the last window read on.
            Pitch = (convolution.Width + 2 * convolution.Padding) * convolution.Channels + 16;
            int imageLines = (BlockFloats / Pitch - convolution.Kernel) / convolution.Stride + 1;
            int gradientLines = BlockFloats / (convolution.OutputWidth * convolution.Outputs);
            Lines = Math.Clamp(Math.Min(imageLines, gradientLines), 1, convolution.OutputHeight);
            PerImage = (convolution.OutputHeight + Lines - 1) / Lines;
            ImageFloats = ((Lines - 1) * convolution.Stride + convolution.Kernel) * Pitch + 16;
            SumFloats = Tiles * OuterProductTile.Rows * convolution.Kernel * RunFloats;
        }

        public int RunFloats { get; }

        public int Tiles { get; }

        public int Pitch { get; }

        public int Lines { get; }

        public int PerImage { get; }

        public int ImageFloats { get; }

        public int SumFloats { get; }
    }
}
