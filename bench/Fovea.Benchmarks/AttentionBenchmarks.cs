using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Fovea.Engine.Kernels;

namespace Fovea.Benchmarks;

/// <summary>
/// Attention on one thread: few keys (CMT) and windows, with a bias table, and whole maps (PiT), without; forward and gradient.
/// </summary>
public unsafe class AttentionBenchmarks
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
        AttentionGeometry[] geometries =
        [
            new(1, 1, 1600, 25, 46, 46, 0.15f),
            new(1, 1, 3136, 49, 64, 64, 0.125f),
            new(1, 4, 196, 49, 76, 76, 0.115f),
            new(64, 3, 49, 49, 32, 32, 0.18f),
            new(1, 3, 730, 730, 48, 48, 0.144f),
            new(1, 6, 197, 197, 48, 48, 0.144f),
            new(8, 12, 50, 50, 48, 48, 0.144f),
            new(4, 4, 196, 196, 64, 64, 0.125f),
        ];
        return geometries.SelectMany(geometry => new[] { Forward(geometry), Gradient(geometry) });
    }

    private static KernelCase Forward(AttentionGeometry geometry)
    {
        AttentionGradientArguments operands = Operands(geometry);
        Tokens output = Allocate(geometry.Batch * geometry.Queries, geometry.Heads * geometry.ValueWidth);
        float* scratch = Allocate(AttentionKernel.ScratchFloats(geometry));
        return new KernelCase("attention " + Describe(geometry), Operations(geometry), () => AttentionKernel.Forward(
            geometry, operands.Query, operands.Key, operands.Value, operands.Bias, output, operands.LogSumExp,
            0, AttentionKernel.Parts(geometry), scratch));
    }

    // Five products where the forward pass has two.
    private static KernelCase Gradient(AttentionGeometry geometry)
    {
        AttentionGradientArguments operands = Operands(geometry);
        float* scratch = Allocate(AttentionGradientKernel.ScratchFloats(geometry));
        return new KernelCase("attention gradient " + Describe(geometry), 2.5 * Operations(geometry), () =>
            AttentionGradientKernel.Run(geometry, operands, 0, AttentionGradientKernel.Parts(geometry), scratch));
    }

    private static AttentionGradientArguments Operands(in AttentionGeometry g)
    {
        int width = g.Heads * g.Width;
        int valueWidth = g.Heads * g.ValueWidth;
        return new AttentionGradientArguments
        {
            Query = Allocate(g.Batch * g.Queries, width),
            Key = Allocate(g.Batch * g.Keys, width),
            Value = Allocate(g.Batch * g.Keys, valueWidth),
            Bias = new AttentionBiasArguments { Table = g.Keys < 50 ? Allocate(PackedBiasTable.Floats(g)) : null },
            LogSumExp = Allocate((nint)g.Batch * g.Heads * g.Queries),
            OutputGradient = Allocate(g.Batch * g.Queries, valueWidth),
            QueryGradient = Allocate(g.Batch * g.Queries, width),
            KeyGradient = Allocate(g.Batch * g.Keys, width),
            ValueGradient = Allocate(g.Batch * g.Keys, valueWidth),
            ScoreGradient = g.Keys < 50 ? Allocate((nint)g.Batch * g.Heads * g.Queries * g.Keys) : null,
        };
    }

    private static string Describe(in AttentionGeometry g) => $"{g.Batch}x{g.Heads} heads, {g.Queries} queries, {g.Keys} keys of {g.Width}";

    private static double Operations(in AttentionGeometry g) => 2.0 * g.Batch * g.Heads * g.Queries * g.Keys * (g.Width + g.ValueWidth);

    private static Tokens Allocate(int tokens, int channels) => new(Allocate((nint)tokens * channels), channels);

    // Lives as long as the process. Zeros cost as much as any other values.
    private static float* Allocate(nint floats)
    {
        nuint bytes = (nuint)(floats * sizeof(float) + 64);
        float* memory = (float*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(memory, bytes);
        return memory;
    }
}
