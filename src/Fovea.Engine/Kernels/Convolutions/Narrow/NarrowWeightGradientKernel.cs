using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Gradient of the weights O,KH,KW,C of a dense convolution with few channels, where to gather patches would take longer than to multiply
/// them. A row of taps lies contiguous under each window: rows of the image, with zeros on both sides, are read in place, and the sums of
/// one row of taps for four outputs stay in registers over a block of output rows. Each part sums over a share of the images; they are
/// merged in order.
/// </summary>
internal static unsafe class NarrowWeightGradientKernel
{
    private const int MaxParts = 8;
    private const int MaxChannels = 48;
    private const int MaxOutputs = 128;
    private const int TileOutputs = 4;

    // Floats of the image and of the output gradient that stay in the nearest cache while all taps and outputs are summed over them.
    private const int BlockFloats = 4096;

    /// <summary>True where this kernel is faster than the product with gathered patches.</summary>
    public static bool IsFaster(in ConvolutionGeometry geometry) =>
        geometry is { Dilation: 1, Kernel: > 1, Channels: <= MaxChannels, Outputs: >= TileOutputs and <= MaxOutputs };

    /// <summary>Independent parts of <see cref="Run"/>.</summary>
    public static int Parts(in ConvolutionGeometry geometry) => Math.Min(geometry.Batch, MaxParts);

    /// <summary>Floats of the partials between the run and the merge.</summary>
    public static nint PartialFloats(in ConvolutionGeometry geometry) =>
        (nint)Parts(in geometry) * geometry.Outputs * geometry.PatchLength;

    /// <summary>Floats of scratch that <see cref="Run"/> needs.</summary>
    public static nint ScratchFloats(in ConvolutionGeometry geometry)
    {
        Block block = new(in geometry);
        return block.ImageFloats + block.SumFloats;
    }

    /// <summary>Runs parts [firstPart, lastPart) from the input N,H,W,C and the output gradient N,OH,OW,O.</summary>
    public static void Run(
        in ConvolutionGeometry geometry, float* input, float* outputGradient, float* partials, int firstPart, int lastPart, float* scratch)
    {
        Block block = new(in geometry);
        float* sums = scratch + block.ImageFloats;
        nint imageFloats = (nint)geometry.Height * geometry.Width * geometry.Channels;
        nint lineFloats = (nint)geometry.OutputWidth * geometry.Outputs;
        int parts = Parts(in geometry);
        new Span<float>(scratch, block.ImageFloats).Clear();
        for (int part = firstPart; part < lastPart; part++)
        {
            new Span<float>(sums, block.SumFloats).Clear();
            int lastImage = (int)((long)geometry.Batch * (part + 1) / parts);
            for (int image = (int)((long)geometry.Batch * part / parts); image < lastImage; image++)
            {
                for (int line = 0; line < geometry.OutputHeight; line += block.Lines)
                {
                    int lines = Math.Min(block.Lines, geometry.OutputHeight - line);
                    CopyLines(in geometry, in block, input + image * imageFloats, line, lines, scratch);
                    AddLines(
                        in geometry, in block, scratch, outputGradient + ((nint)image * geometry.OutputHeight + line) * lineFloats, lines,
                        sums);
                }
            }

            Unpad(in geometry, in block, sums, partials + (nint)part * geometry.Outputs * geometry.PatchLength);
        }
    }

    /// <summary>Independent parts of <see cref="Merge"/>.</summary>
    public static int MergeParts(in ConvolutionGeometry geometry) =>
        WeightGradientKernel.MergeParts(geometry.Outputs * geometry.PatchLength);

    /// <summary>Merges parts [firstPart, lastPart) of the partials into the weight gradient.</summary>
    public static void Merge(in ConvolutionGeometry geometry, float* weightGradient, float* partials, int firstPart, int lastPart) =>
        WeightGradientKernel.Merge(
            partials, Parts(in geometry), geometry.Outputs * geometry.PatchLength, weightGradient, firstPart, lastPart);

    // The lines of the image that lie under a block of output lines, zeros where they lie outside; their sides are zero already.
    private static void CopyLines(in ConvolutionGeometry geometry, in Block block, float* image, int line, int lines, float* target)
    {
        int length = geometry.Width * geometry.Channels;
        int count = (lines - 1) * geometry.Stride + geometry.Kernel;
        for (int i = 0; i < count; i++)
        {
            int y = line * geometry.Stride - geometry.Padding + i;
            Span<float> inside = new(target + i * block.Pitch + geometry.Padding * geometry.Channels, length);
            if ((uint)y < (uint)geometry.Height)
            {
                new ReadOnlySpan<float>(image + (nint)y * length, length).CopyTo(inside);
            }
            else
            {
                inside.Clear();
            }
        }
    }

    private static void AddLines(in ConvolutionGeometry geometry, in Block block, float* image, float* gradient, int lines, float* sums)
    {
        nint floats = (nint)lines * geometry.OutputWidth * geometry.Outputs;
        Lines under = new(geometry.Stride * block.Pitch, geometry.Stride * geometry.Channels, geometry.Outputs, lines, geometry.OutputWidth);
        for (int tile = 0; tile < block.Tiles; tile++)
        {
            float* outputs = gradient + FirstOutput(in geometry, tile);

            // The tiles read the gradient in steps that the processor does not foresee: each fetches its share of the next block.
            for (nint ahead = floats * tile / block.Tiles; ahead < floats * (tile + 1) / block.Tiles; ahead += 16)
            {
                CachePrefetch.Later((byte*)(gradient + floats + ahead));
            }

            for (int tap = 0; tap < geometry.Kernel; tap++)
            {
                float* taps = image + tap * block.Pitch;
                float* target = sums + ((nint)tile * TileOutputs * geometry.Kernel + tap) * block.RunFloats;
                nint stride = (nint)geometry.Kernel * block.RunFloats;
                for (int vector = 0, vectors; vector < block.Vectors; vector += vectors)
                {
                    vectors = block.Vectors - vector is 2 or 4 ? 2 : 3;
                    if (vectors == 2)
                    {
                        AddTwo(taps + vector * 8, outputs, in under, target + vector * 8, stride);
                    }
                    else
                    {
                        AddThree(taps + vector * 8, outputs, in under, target + vector * 8, stride);
                    }
                }
            }
        }
    }

    // Two vectors of taps for four outputs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTwo(float* taps, float* outputs, in Lines lines, float* sums, nint stride)
    {
        Vector256<float> a0 = Vector256.Load(sums), a1 = Vector256.Load(sums + 8);
        Vector256<float> b0 = Vector256.Load(sums + stride), b1 = Vector256.Load(sums + stride + 8);
        Vector256<float> c0 = Vector256.Load(sums + 2 * stride), c1 = Vector256.Load(sums + 2 * stride + 8);
        Vector256<float> d0 = Vector256.Load(sums + 3 * stride), d1 = Vector256.Load(sums + 3 * stride + 8);
        nint step = lines.Step;
        nint outputStep = lines.OutputStep;
        for (int line = 0; line < lines.Count; line++)
        {
            float* at = taps;
            for (int pixel = 0; pixel < lines.Pixels; pixel++)
            {
                Vector256<float> x0 = Vector256.Load(at), x1 = Vector256.Load(at + 8);
                Vector256<float> output = Vector256.Create(outputs[0]);
                a0 = Vector256.MultiplyAddEstimate(output, x0, a0);
                a1 = Vector256.MultiplyAddEstimate(output, x1, a1);
                output = Vector256.Create(outputs[1]);
                b0 = Vector256.MultiplyAddEstimate(output, x0, b0);
                b1 = Vector256.MultiplyAddEstimate(output, x1, b1);
                output = Vector256.Create(outputs[2]);
                c0 = Vector256.MultiplyAddEstimate(output, x0, c0);
                c1 = Vector256.MultiplyAddEstimate(output, x1, c1);
                output = Vector256.Create(outputs[3]);
                d0 = Vector256.MultiplyAddEstimate(output, x0, d0);
                d1 = Vector256.MultiplyAddEstimate(output, x1, d1);
                at += step;
                outputs += outputStep;
            }

            taps += lines.Pitch;
        }

        a0.Store(sums);
        a1.Store(sums + 8);
        b0.Store(sums + stride);
        b1.Store(sums + stride + 8);
        c0.Store(sums + 2 * stride);
        c1.Store(sums + 2 * stride + 8);
        d0.Store(sums + 3 * stride);
        d1.Store(sums + 3 * stride + 8);
    }

    // Three vectors of taps for four outputs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddThree(float* taps, float* outputs, in Lines lines, float* sums, nint stride)
    {
        Vector256<float> a0 = Vector256.Load(sums), a1 = Vector256.Load(sums + 8), a2 = Vector256.Load(sums + 16);
        float* target = sums + stride;
        Vector256<float> b0 = Vector256.Load(target), b1 = Vector256.Load(target + 8), b2 = Vector256.Load(target + 16);
        target += stride;
        Vector256<float> c0 = Vector256.Load(target), c1 = Vector256.Load(target + 8), c2 = Vector256.Load(target + 16);
        target += stride;
        Vector256<float> d0 = Vector256.Load(target), d1 = Vector256.Load(target + 8), d2 = Vector256.Load(target + 16);
        nint step = lines.Step;
        nint outputStep = lines.OutputStep;
        for (int line = 0; line < lines.Count; line++)
        {
            float* at = taps;
            for (int pixel = 0; pixel < lines.Pixels; pixel++)
            {
                Vector256<float> x0 = Vector256.Load(at), x1 = Vector256.Load(at + 8), x2 = Vector256.Load(at + 16);
                Vector256<float> output = Vector256.Create(outputs[0]);
                a0 = Vector256.MultiplyAddEstimate(output, x0, a0);
                a1 = Vector256.MultiplyAddEstimate(output, x1, a1);
                a2 = Vector256.MultiplyAddEstimate(output, x2, a2);
                output = Vector256.Create(outputs[1]);
                b0 = Vector256.MultiplyAddEstimate(output, x0, b0);
                b1 = Vector256.MultiplyAddEstimate(output, x1, b1);
                b2 = Vector256.MultiplyAddEstimate(output, x2, b2);
                output = Vector256.Create(outputs[2]);
                c0 = Vector256.MultiplyAddEstimate(output, x0, c0);
                c1 = Vector256.MultiplyAddEstimate(output, x1, c1);
                c2 = Vector256.MultiplyAddEstimate(output, x2, c2);
                output = Vector256.Create(outputs[3]);
                d0 = Vector256.MultiplyAddEstimate(output, x0, d0);
                d1 = Vector256.MultiplyAddEstimate(output, x1, d1);
                d2 = Vector256.MultiplyAddEstimate(output, x2, d2);
                at += step;
                outputs += outputStep;
            }

            taps += lines.Pitch;
        }

        a0.Store(sums);
        a1.Store(sums + 8);
        a2.Store(sums + 16);
        sums += stride;
        b0.Store(sums);
        b1.Store(sums + 8);
        b2.Store(sums + 16);
        sums += stride;
        c0.Store(sums);
        c1.Store(sums + 8);
        c2.Store(sums + 16);
        sums += stride;
        d0.Store(sums);
        d1.Store(sums + 8);
        d2.Store(sums + 16);
    }

    private static void Unpad(in ConvolutionGeometry geometry, in Block block, float* sums, float* partial)
    {
        int run = geometry.Kernel * geometry.Channels;
        for (int tile = 0; tile < block.Tiles; tile++)
        {
            float* target = partial + (nint)FirstOutput(in geometry, tile) * geometry.PatchLength;
            for (int row = 0; row < TileOutputs * geometry.Kernel; row++)
            {
                float* source = sums + ((nint)tile * TileOutputs * geometry.Kernel + row) * block.RunFloats;
                new ReadOnlySpan<float>(source, run).CopyTo(new Span<float>(target + (nint)row * run, run));
            }
        }
    }

    // The last tile holds outputs of the one before again, to the same bits, where it would be wider than they are.
    private static int FirstOutput(in ConvolutionGeometry geometry, int tile) =>
        Math.Min(tile * TileOutputs, geometry.Outputs - TileOutputs);

    /// <summary>Steps through a block of output lines.</summary>
    /// <param name="Pitch">Floats of the image between output lines.</param>
    /// <param name="Step">Floats of the image between output pixels.</param>
    /// <param name="OutputStep">Floats of the gradient between output pixels.</param>
    /// <param name="Count">Output lines.</param>
    /// <param name="Pixels">Output pixels of a line.</param>
    private readonly record struct Lines(nint Pitch, nint Step, nint OutputStep, int Count, int Pixels);

    /// <summary>Sizes of a block of output lines and of its sums.</summary>
    private readonly struct Block
    {
        public Block(in ConvolutionGeometry geometry)
        {
            Vectors = Math.Max(2, (geometry.Kernel * geometry.Channels + 7) / 8);
            RunFloats = Vectors * 8;
            Tiles = (geometry.Outputs + TileOutputs - 1) / TileOutputs;

            // Behind a line, vectors of the last window read on.
            Pitch = (geometry.Width + 2 * geometry.Padding) * geometry.Channels + 16;
            int imageLines = (BlockFloats / Pitch - geometry.Kernel) / geometry.Stride + 1;
            int gradientLines = BlockFloats / (geometry.OutputWidth * geometry.Outputs);
            Lines = Math.Clamp(Math.Min(imageLines, gradientLines), 1, geometry.OutputHeight);
            ImageFloats = ((Lines - 1) * geometry.Stride + geometry.Kernel) * Pitch + 16;
            SumFloats = Tiles * TileOutputs * geometry.Kernel * RunFloats;
        }

        public int Vectors { get; }

        public int RunFloats { get; }

        public int Tiles { get; }

        public int Pitch { get; }

        public int Lines { get; }

        public int ImageFloats { get; }

        public int SumFloats { get; }
    }
}
