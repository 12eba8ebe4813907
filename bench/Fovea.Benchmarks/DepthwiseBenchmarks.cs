using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Fovea.Engine.Kernels;

namespace Fovea.Benchmarks;

/// <summary>Depthwise convolution on one thread: the 3×3 maps of CMT, its reductions, and both gradients.</summary>
public unsafe class DepthwiseBenchmarks
{
    private KernelCase? _case;

    public static IEnumerable<string> Names => Cases().Select(kernel => kernel.Name);

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    [GlobalSetup]
    public void Setup() => _case = Cases().First(kernel => kernel.Name == Name);

    [Benchmark]
    public void Run() => _case!.Run();

    internal static IEnumerable<KernelCase> Cases()
    {
        foreach ((int size, int channels) in new[] { (56, 64), (28, 128), (28, 92), (14, 256), (14, 1024), (10, 331), (7, 512) })
        {
            yield return Forward(new(1, size, size, channels, channels, 3, 1, 1), "", ActivationKind.None);
        }
        yield return Forward(new(1, 28, 28, 128, 128, 3, 1, 1), " + residual, GELU", ActivationKind.Gelu);
        yield return Forward(new(1, 56, 56, 64, 64, 8, 8), "", ActivationKind.None);
        yield return Forward(new(1, 56, 56, 64, 64, 3, 2, 1), "", ActivationKind.None);
        foreach (ConvolutionGeometry geometry in (ConvolutionGeometry[])
            [new(4, 28, 28, 128, 128, 3, 1, 1), new(4, 14, 14, 331, 331, 3, 1, 1), new(4, 56, 56, 64, 64, 8, 8)])
        {
            yield return InputGradient(geometry);
            yield return WeightGradient(geometry);
        }
    }

    private static KernelCase Forward(ConvolutionGeometry geometry, string suffix, ActivationKind activation)
    {
        Maps maps = AllocateMaps(geometry);
        float* scratch = Allocate(DepthwiseConvolutionKernel.ScratchFloats(geometry));
        EpilogueArguments epilogue = new()
        {
            Activation = activation,
            ResidualBefore = activation == ActivationKind.None ? null : maps.Input,
        };
        return new KernelCase("depthwise " + Describe(geometry) + suffix, Operations(geometry), () =>
            DepthwiseConvolutionKernel.Forward(
                geometry, maps.Input, maps.Weights, epilogue, maps.Output, 0, DepthwiseConvolutionKernel.Parts(geometry), scratch));
    }

    private static KernelCase InputGradient(ConvolutionGeometry geometry)
    {
        Maps maps = AllocateMaps(geometry);
        float* scratch = Allocate(DepthwiseGradientKernel.InputScratchFloats(geometry));
        return new KernelCase("depthwise input gradient " + Describe(geometry), Operations(geometry), () =>
            DepthwiseGradientKernel.Input(
                geometry, maps.Output, maps.Weights, maps.Input, 0, DepthwiseGradientKernel.InputParts(geometry), scratch));
    }

    private static KernelCase WeightGradient(ConvolutionGeometry geometry)
    {
        Maps maps = AllocateMaps(geometry);
        float* scratch = Allocate(DepthwiseGradientKernel.WeightScratchFloats(geometry));
        float* partials = Allocate(DepthwiseGradientKernel.WeightPartialFloats(geometry));
        return new KernelCase("depthwise weight gradient " + Describe(geometry), Operations(geometry), () =>
        {
            DepthwiseGradientKernel.Weights(
                geometry, maps.Input, maps.Output, partials, 0, DepthwiseGradientKernel.WeightParts(geometry), scratch);
            DepthwiseGradientKernel.MergeWeights(geometry, partials, maps.Weights);
        });
    }

    private static Maps AllocateMaps(in ConvolutionGeometry geometry) => new(
        Allocate((nint)geometry.Batch * geometry.Height * geometry.Width * geometry.Channels),
        Allocate((nint)geometry.OutputPixels * geometry.Channels),
        Allocate(geometry.PatchLength));

    private static string Describe(in ConvolutionGeometry g) =>
        $"{g.Batch}x{g.Height}x{g.Width}x{g.Channels}, kernel {g.Kernel}, stride {g.Stride}";

    // Taps that fall on padding are counted, as everybody counts them.
    private static double Operations(in ConvolutionGeometry g) => 2.0 * g.OutputPixels * g.PatchLength;

    // Lives as long as the process. Zeros cost as much as any other values.
    private static float* Allocate(nint floats)
    {
        nuint bytes = (nuint)(floats * sizeof(float) + 64);
        float* memory = (float*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(memory, bytes);
        return memory;
    }

    private readonly struct Maps(float* input, float* output, float* weights)
    {
        public readonly float* Input = input;
        public readonly float* Output = output;
        public readonly float* Weights = weights;
    }
}
