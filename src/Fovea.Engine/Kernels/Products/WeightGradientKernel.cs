using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>A weight gradient, gradient[outputs, inputs] = Σ over rows of outputGradient[row, outputs]ᵀ · input[row, inputs].</summary>
internal unsafe struct WeightGradientArguments
{
    /// <summary>Rows summed over: tokens or output pixels of the whole batch.</summary>
    public int Rows;

    /// <summary>Rows of the gradient.</summary>
    public int Outputs;

    /// <summary>Columns of the gradient; kernel·kernel·C for a convolution.</summary>
    public int Inputs;

    /// <summary>The gradient of the layer's output, [rows, outputs].</summary>
    public float* OutputGradient;

    /// <summary>Floats between rows of the output gradient.</summary>
    public nint OutputGradientStride;

    /// <summary>The result, compact [outputs, inputs].</summary>
    public float* Gradient;

    /// <summary><see cref="WeightGradientKernel.PartialFloats"/> floats between the run and the merge; null when that is 0.</summary>
    public float* Partials;
}

/// <summary>
/// Weight gradients: products whose depth, the rows, is far longer than their result. A small gradient is summed in up to 8 chunks of rows,
/// merged in order by <see cref="Merge"/>; a large one is split into panels of its own rows. The parts follow from the shape alone. Rows
/// whose output gradient is zero add nothing and are left out.
/// </summary>
internal static unsafe partial class WeightGradientKernel
{
    private const int SmallGradient = 32 * 1024;
    private const int MaxChunks = 8;
    private const int MinChunkRows = 256;
    private const int BlockColumns = 256;
    private const int MergeFloats = 4096;

    /// <summary>Independent parts of <see cref="Run"/>: chunks of rows, or panels of 6 outputs.</summary>
    public static int Parts(int rows, int outputs, int inputs)
    {
        int chunks = Chunks(rows, outputs, inputs);
        return chunks > 1 ? chunks : MatMulKernel.RowPanels(outputs);
    }

    /// <summary>Floats of the partials that <see cref="Run"/> leaves for <see cref="Merge"/>; 0 when there is nothing to merge.</summary>
    public static nint PartialFloats(int rows, int outputs, int inputs)
    {
        int chunks = Chunks(rows, outputs, inputs);
        return chunks > 1 ? (nint)chunks * outputs * inputs : 0;
    }

    /// <summary>Floats of scratch that <see cref="Run"/> needs.</summary>
    public static nint ScratchFloats(int inputs) =>
        PackedFloats(inputs) + GatherFloats(inputs) + MatMulKernel.GatherFloats(MatMulKernel.DepthLimit);

    /// <summary>Independent parts of <see cref="Merge"/>; 0 when there is nothing to merge.</summary>
    public static int MergeParts(int rows, int outputs, int inputs) =>
        Chunks(rows, outputs, inputs) > 1 ? ChunkMergeParts(outputs * inputs) : 0;

    /// <summary>Runs parts [firstPart, lastPart) with a row-major input.</summary>
    public static void Run(
        in WeightGradientArguments arguments, float* input, nint inputStride, int firstPart, int lastPart, float* scratch)
    {
        if (IsNarrow(in arguments))
        {
            RunNarrow(in arguments, input, inputStride, firstPart, lastPart, scratch);
        }
        else
        {
            Run(in arguments, new RowMajorLeft(input, inputStride), firstPart, lastPart, scratch);
        }
    }

    /// <summary>
    /// Runs parts [firstPart, lastPart) with an input that can give any block of its rows (a convolution's patches, say):
    /// writes rows of the gradient or, when the rows summed over are chunked, partials.
    /// </summary>
    public static void Run<TInput>(in WeightGradientArguments arguments, TInput input, int firstPart, int lastPart, float* scratch)
        where TInput : struct, ILeftOperand
    {
        int chunks = Chunks(arguments.Rows, arguments.Outputs, arguments.Inputs);
        if (chunks == 1)
        {
            int lastOutput = Math.Min(lastPart * MicroKernel.Rows, arguments.Outputs);
            Sum(in arguments, input, 0, arguments.Rows, firstPart * MicroKernel.Rows, lastOutput, arguments.Gradient, scratch);
            return;
        }

        for (int chunk = firstPart; chunk < lastPart; chunk++)
        {
            int firstRow = (int)((long)arguments.Rows * chunk / chunks);
            int lastRow = (int)((long)arguments.Rows * (chunk + 1) / chunks);
            float* partial = arguments.Partials + (nint)chunk * arguments.Outputs * arguments.Inputs;
            Sum(in arguments, input, firstRow, lastRow, 0, arguments.Outputs, partial, scratch);
        }
    }

    /// <summary>Merges parts [firstPart, lastPart) of the partials into the gradient, chunk after chunk.</summary>
    public static void Merge(in WeightGradientArguments arguments, int firstPart, int lastPart) => MergeChunks(
        arguments.Partials, Chunks(arguments.Rows, arguments.Outputs, arguments.Inputs), arguments.Outputs * arguments.Inputs,
        arguments.Gradient, firstPart, lastPart);

    /// <summary>Parts of a merge of gradients of <paramref name="length"/> floats.</summary>
    public static int ChunkMergeParts(int length) => (length + MergeFloats - 1) / MergeFloats;

    /// <summary>
    /// Adds up the partial gradients of <paramref name="chunks"/> chunks, of <paramref name="length"/> floats each, in order: parts
    /// [firstPart, lastPart) of <see cref="ChunkMergeParts"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MergeChunks(float* partials, int chunks, int length, float* gradient, int firstPart, int lastPart)
    {
        int last = Math.Min(lastPart * MergeFloats, length);
        int i = firstPart * MergeFloats;
        for (; i <= last - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> sum = Vector256.Load(partials + i);
            for (int chunk = 1; chunk < chunks; chunk++)
            {
                sum += Vector256.Load(partials + chunk * length + i);
            }

            sum.Store(gradient + i);
        }

        for (; i < last; i++)
        {
            float sum = partials[i];
            for (int chunk = 1; chunk < chunks; chunk++)
            {
                sum += partials[chunk * length + i];
            }

            gradient[i] = sum;
        }
    }

    // target[firstOutput..lastOutput, :] = the sum over [firstRow, lastRow), a block of rows and columns at a time. Which rows are left out
    // depends on all outputs, so that it is the same for any range of them.
    private static void Sum<TInput>(
        in WeightGradientArguments arguments, TInput input, int firstRow, int lastRow, int firstOutput, int lastOutput, float* target,
        float* scratch)
        where TInput : struct, ILeftOperand
    {
        float* packed = scratch;
        float* gathered = packed + PackedFloats(arguments.Inputs);
        float* turned = gathered + GatherFloats(arguments.Inputs);
        int blockRows = MatMulKernel.DepthBlock(lastRow - firstRow);
        int* chosen = stackalloc int[MatMulKernel.DepthLimit];
        bool accumulate = false;
        for (int row = firstRow, rows; ; accumulate = true)
        {
            rows = NonZeroRows.Next(
                arguments.OutputGradient, arguments.Outputs, arguments.OutputGradientStride, ref row, lastRow, chosen, blockRows);
            if (rows == 0)
            {
                break;
            }

            ChosenTransposedLeft left = new(arguments.OutputGradient, arguments.OutputGradientStride, chosen);
            for (int column = 0; column < arguments.Inputs; column += BlockColumns)
            {
                int columns = Math.Min(BlockColumns, arguments.Inputs - column);
                int panels = PanelPacking.Panels(columns);
                float* block = Gather(input, chosen, rows, column, columns, gathered, out nint stride);
                PanelPacking.Pack(block, stride, 1, rows, columns, packed, 0, panels);
                MatMulArguments product = new()
                {
                    Rows = arguments.Outputs,
                    Columns = columns,
                    Depth = rows,
                    PackedRight = packed,
                    Result = target + column,
                    ResultStride = arguments.Inputs,
                    Accumulate = accumulate,
                };
                MatMulKernel.Region(in product, left, firstOutput, lastOutput, 0, panels, turned);
            }
        }

        if (!accumulate)
        {
            nint length = (nint)(lastOutput - firstOutput) * arguments.Inputs;
            NativeMemory.Clear(target + ((nint)firstOutput * arguments.Inputs), (nuint)length * sizeof(float));
        }
    }

    // Columns [column, column + columns) of the chosen rows of the input: in place where they are neighbours and lie so.
    private static float* Gather<TInput>(
        TInput input, int* chosen, int rows, int column, int columns, float* scratch, out nint stride)
        where TInput : struct, ILeftOperand
    {
        int first = NonZeroRows.Run(chosen, 0, rows);
        if (first == rows)
        {
            return input.Block(chosen[0], rows, column, columns, scratch, out stride);
        }

        stride = LeftBlock.Stride(columns);
        for (int next = 0, run; next < rows; next += run)
        {
            run = NonZeroRows.Run(chosen, next, rows);
            float* target = scratch + (next * stride);
            float* block = input.Block(chosen[next], run, column, columns, target, out nint blockStride);
            for (int i = 0; block != target && i < run; i++)
            {
                new ReadOnlySpan<float>(block + (i * blockStride), columns).CopyTo(new Span<float>(target + (i * stride), columns));
            }
        }

        return scratch;
    }

    private static int Chunks(int rows, int outputs, int inputs) =>
        (long)outputs * inputs <= SmallGradient ? Math.Clamp(rows / MinChunkRows, 1, MaxChunks) : 1;

    private static nint PackedFloats(int inputs) => PanelPacking.PackedLength(MatMulKernel.DepthLimit, Math.Min(BlockColumns, inputs));

    private static nint GatherFloats(int inputs) => (nint)MatMulKernel.DepthLimit * LeftBlock.Stride(Math.Min(BlockColumns, inputs));
}
