using System.Runtime.InteropServices;
using Fovea.Engine.Kernels;

namespace Fovea.Benchmarks;

/// <summary>A kernel with its memory, ready to run on one thread, and the operations that one run counts.</summary>
internal sealed record KernelCase(string Name, double Operations, Action Run);

/// <summary>The other dense kernels at shapes of CMT-S: products that finish with GELU, batches, convolutions and gradients.</summary>
internal static unsafe class KernelCases
{
    public static IEnumerable<KernelCase> All()
    {
        yield return ProductWithGelu(784, 128, 512);
        yield return Batched(8, 196, 49, 64, rightTransposed: true);
        yield return Batched(8, 196, 64, 49, rightTransposed: false);
        foreach (ConvolutionGeometry geometry in Convolutions)
        {
            yield return Forward(geometry);
            if (WinogradGeometry.Of(geometry, weightsChange: false) is WinogradGeometry winograd)
            {
                yield return Winograd(winograd);
            }
        }

        yield return WeightGradient(3136 * 4, 64, 64);
        yield return WeightGradient(3136 * 4, 256, 64);
        yield return WeightGradient(784 * 8, 128, 512);
        yield return WeightGradient(196 * 16, 1024, 256);
        foreach (ConvolutionGeometry geometry in Convolutions)
        {
            yield return ConvolutionWeights(geometry);
            yield return ConvolutionInput(geometry);
        }
    }

    private static ConvolutionGeometry[] Convolutions =>
    [
        new(1, 224, 224, 3, 32, Kernel: 3, Stride: 2, Padding: 1),
        new(1, 112, 112, 32, 32, Kernel: 3, Padding: 1),
        new(8, 28, 28, 16, 16, Kernel: 3, Padding: 1),
        new(1, 56, 56, 64, 128, Kernel: 2, Stride: 2),
        new(8, 14, 14, 256, 256, Kernel: 3, Padding: 1),
        new(8, 56, 56, 64, 64, Kernel: 3, Padding: 1),
        new(1, 7, 7, 512, 512, Kernel: 3, Padding: 1),
    ];

    private static KernelCase ProductWithGelu(int rows, int depth, int columns)
    {
        MatMulArguments product = new()
        {
            Rows = rows,
            Columns = columns,
            Depth = depth,
            Left = Allocate(rows * depth),
            LeftStride = depth,
            PackedRight = Allocate(PanelPacking.PackedLength(depth, columns)),
            Result = Allocate(rows * columns),
            ResultStride = columns,
            Epilogue = new EpilogueArguments { Bias = Allocate(columns), Activation = ActivationKind.Gelu },
        };
        return new KernelCase(
            $"gelu({rows}x{depth}->{columns} + bias)", 2.0 * rows * depth * columns,
            () => MatMulKernel.Multiply(in product, 0, MatMulKernel.Parts(rows, columns), null));
    }

    private static KernelCase Batched(int batch, int rows, int columns, int depth, bool rightTransposed)
    {
        BatchedMatMulArguments batched = new()
        {
            Batch = batch,
            Product = new MatMulArguments
            {
                Rows = rows,
                Columns = columns,
                Depth = depth,
                Left = Allocate(batch * rows * depth),
                LeftStride = depth,
                Result = Allocate(batch * rows * columns),
                ResultStride = columns,
            },
            Right = Allocate(batch * depth * columns),
            RightStride = rightTransposed ? depth : columns,
            RightTransposed = rightTransposed,
            LeftBatchStride = rows * depth,
            RightBatchStride = depth * columns,
            ResultBatchStride = rows * columns,
        };
        float* scratch = Allocate(BatchedMatMulKernel.ScratchFloats(columns, depth, leftTransposed: false));
        return new KernelCase(
            $"batch {batch} of {rows}x{depth}->{columns}", 2.0 * batch * rows * depth * columns,
            () => BatchedMatMulKernel.Multiply(in batched, 0, BatchedMatMulKernel.Parts(batch, rows), scratch));
    }

    private static KernelCase Forward(ConvolutionGeometry geometry)
    {
        float* input = Allocate(InputFloats(geometry));
        float* packed = Allocate(ConvolutionKernel.PackedLength(geometry));
        float* output = Allocate(geometry.OutputPixels * geometry.Outputs);
        float* scratch = Allocate(ConvolutionKernel.ScratchFloats(geometry));
        return new KernelCase(
            "convolution " + Describe(geometry), Operations(geometry),
            () => ConvolutionKernel.Forward(geometry, input, packed, output, default, 0, ConvolutionKernel.Parts(geometry), scratch));
    }

    // Counted as the direct convolution that it stands for, so that it may pass the peak.
    private static KernelCase Winograd(WinogradGeometry geometry)
    {
        ConvolutionGeometry convolution = geometry.Convolution;
        float* input = Allocate(InputFloats(convolution));
        float* packed = Allocate(WinogradConvolutionKernel.PackedLength(geometry));
        float* output = Allocate(convolution.OutputPixels * convolution.Outputs);
        float* scratch = Allocate(WinogradConvolutionKernel.ScratchFloats(geometry));
        return new KernelCase(
            $"  by Winograd, F({geometry.Tile}, 3) " + Describe(convolution), Operations(convolution),
            () => WinogradConvolutionKernel.Forward(
                geometry, input, packed, output, default, 0, WinogradConvolutionKernel.Parts(geometry), scratch));
    }

    private static KernelCase ConvolutionWeights(ConvolutionGeometry geometry)
    {
        float* input = Allocate(InputFloats(geometry));
        float* outputGradient = Allocate(geometry.OutputPixels * geometry.Outputs);
        float* gradient = Allocate(geometry.Outputs * geometry.PatchLength);
        float* partials = Allocate(ConvolutionWeightGradientKernel.PartialFloats(geometry));
        float* scratch = Allocate(ConvolutionWeightGradientKernel.ScratchFloats(geometry));
        return new KernelCase("  its weights' gradient " + Describe(geometry), Operations(geometry), () =>
        {
            ConvolutionWeightGradientKernel.Run(
                geometry, input, outputGradient, gradient, partials, 0, ConvolutionWeightGradientKernel.Parts(geometry), scratch);
            ConvolutionWeightGradientKernel.Merge(geometry, gradient, partials, 0, ConvolutionWeightGradientKernel.MergeParts(geometry));
        });
    }

    private static KernelCase ConvolutionInput(ConvolutionGeometry geometry)
    {
        float* outputGradient = Allocate(geometry.OutputPixels * geometry.Outputs);
        float* packed = Allocate(ConvolutionInputGradientKernel.PackedLength(geometry));
        float* gradient = Allocate(InputFloats(geometry));
        float* scratch = Allocate(ConvolutionInputGradientKernel.ScratchFloats(geometry));
        return new KernelCase(
            "  its input's gradient " + Describe(geometry), Operations(geometry),
            () => ConvolutionInputGradientKernel.Run(
                geometry, outputGradient, packed, gradient, 0, ConvolutionInputGradientKernel.Parts(geometry), scratch));
    }

    private static KernelCase WeightGradient(int rows, int outputs, int inputs)
    {
        float* input = Allocate((nint)rows * inputs);
        WeightGradientArguments arguments = new()
        {
            Rows = rows,
            Outputs = outputs,
            Inputs = inputs,
            OutputGradient = Allocate((nint)rows * outputs),
            OutputGradientStride = outputs,
            Gradient = Allocate(outputs * inputs),
            Partials = Allocate(WeightGradientKernel.PartialFloats(rows, outputs, inputs)),
        };
        float* scratch = Allocate(WeightGradientKernel.ScratchFloats(inputs));
        return new KernelCase($"weight gradient {outputs}x{inputs} over {rows}", 2.0 * rows * outputs * inputs, () =>
        {
            WeightGradientKernel.Run(in arguments, input, inputs, 0, WeightGradientKernel.Parts(rows, outputs, inputs), scratch);
            WeightGradientKernel.Merge(in arguments, 0, WeightGradientKernel.MergeParts(rows, outputs, inputs));
        });
    }

    private static string Describe(in ConvolutionGeometry g) =>
        $"{g.Batch}x{g.Height}x{g.Width}x{g.Channels}->{g.Outputs}, kernel {g.Kernel}, stride {g.Stride}";

    private static double Operations(in ConvolutionGeometry g) => 2.0 * g.OutputPixels * g.Outputs * g.PatchLength;

    private static nint InputFloats(in ConvolutionGeometry g) => (nint)g.Batch * g.Height * g.Width * g.Channels;

    // Lives as long as the process: the table is printed once. Zeros cost as much as any other values.
    private static float* Allocate(nint floats)
    {
        nuint bytes = (nuint)(floats * sizeof(float) + 64);
        float* memory = (float*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(memory, bytes);
        return memory;
    }
}
