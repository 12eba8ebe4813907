using System.Runtime.InteropServices;
using Fovea.Engine.Kernels;

namespace Fovea.Benchmarks;

/// <summary>The memory of one matrix product with packed weights, ready to run on one thread.</summary>
internal sealed unsafe class MatMulRunner : IDisposable
{
    private readonly MatMulArguments _product;
    private readonly float* _scratch;
    private readonly int _parts;

    public MatMulRunner(MatMulShape shape)
    {
        float* left = Allocate((nint)shape.Rows * shape.Depth);
        float* weights = Allocate((nint)shape.Columns * shape.Depth);
        Random random = new(1);
        for (nint i = 0; i < (nint)shape.Rows * shape.Depth; i++)
        {
            left[i] = random.NextSingle() - 0.5f;
        }

        for (nint i = 0; i < (nint)shape.Columns * shape.Depth; i++)
        {
            weights[i] = random.NextSingle() - 0.5f;
        }

        float* packed = Allocate(PanelPacking.PackedLength(shape.Depth, shape.Columns));
        PanelPacking.Pack(weights, 1, shape.Depth, shape.Depth, shape.Columns, packed, 0, PanelPacking.Panels(shape.Columns));
        NativeMemory.AlignedFree(weights);
        _product = new MatMulArguments
        {
            Rows = shape.Rows,
            Columns = shape.Columns,
            Depth = shape.Depth,
            Left = left,
            LeftStride = shape.Depth,
            PackedRight = packed,
            Result = Allocate((nint)shape.Rows * shape.Columns),
            ResultStride = shape.Columns,
        };
        _scratch = Allocate(MatMulKernel.ScratchFloats(shape.Depth, leftTransposed: false));
        _parts = MatMulKernel.Parts(shape.Rows, shape.Columns);
    }

    public void Run() => MatMulKernel.Multiply(in _product, 0, _parts, _scratch);

    public void Dispose()
    {
        NativeMemory.AlignedFree(_product.Left);
        NativeMemory.AlignedFree(_product.PackedRight);
        NativeMemory.AlignedFree(_product.Result);
        NativeMemory.AlignedFree(_scratch);
    }

    private static float* Allocate(nint floats)
    {
        nuint bytes = (nuint)(floats * sizeof(float) + 64);
        float* memory = (float*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(memory, bytes);
        return memory;
    }
}
