using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// One dense product, result[rows, columns] = left[rows, depth] · right[depth, columns] (+ result), then its epilogue.
/// The right operand is packed (<see cref="PanelPacking"/>).
/// </summary>
internal unsafe struct MatMulArguments
{
    /// <summary>Rows of the result.</summary>
    public int Rows;

    /// <summary>Columns of the result.</summary>
    public int Columns;

    /// <summary>Terms of each sum.</summary>
    public int Depth;

    /// <summary>The left operand: element (i, k) at Left[i · LeftStride + k], or at Left[k · LeftStride + i] when transposed.</summary>
    public float* Left;

    /// <summary>Floats between the left operand's rows as they lie in memory.</summary>
    public nint LeftStride;

    /// <summary>True if the left operand lies transposed, [depth, rows].</summary>
    public bool LeftTransposed;

    /// <summary>The right operand as <see cref="PanelPacking.Pack"/> leaves it.</summary>
    public float* PackedRight;

    /// <summary>The result, row-major; may not overlap an operand.</summary>
    public float* Result;

    /// <summary>Floats between the result's rows.</summary>
    public nint ResultStride;

    /// <summary>True if the product is added to what stands in the result.</summary>
    public bool Accumulate;

    /// <summary>The epilogue of every finished sum.</summary>
    public EpilogueArguments Epilogue;
}

/// <summary>
/// Dense float32 matrix product, blocked for the caches around <see cref="MicroKernel"/>. Every element is summed over ascending depth in
/// blocks whose size follows from the depth alone, so that its bits do not depend on how the parts are grouped.
/// </summary>
internal static unsafe class MatMulKernel
{
    /// <summary>
    /// The longest block of depth. A panel's block (16 columns) and a tile's rows then stream from L2, which they do as fast as they are
    /// needed; a shorter block that stays in L1 would write and read the sums more often.
    /// </summary>
    public const int DepthLimit = 768;

    // A block of the left operand lies in L2.
    private const int LeftBlockFloats = 32 * 1024;
    private const int FewRows = 96;

    // Prefetching a panel takes a good part of the time that the product with it does where it meets so few rows, or where panels are so
    // deep that they have left the second-level cache when the next block of rows comes.
    private const int FewRowsForPanel = 512;
    private const int DeepPanel = 256;

    /// <summary>Independent parts of a product: panels of 6 rows or, when rows are few and columns many, panels of 16 columns.</summary>
    public static int Parts(int rows, int columns) =>
        SplitsColumns(rows, columns) ? PanelPacking.Panels(columns) : RowPanels(rows);

    /// <summary>Floats of scratch that <see cref="Multiply"/> needs: none for a row-major left operand.</summary>
    public static nint ScratchFloats(int depth, bool leftTransposed) => leftTransposed ? GatherFloats(depth) : 0;

    /// <summary>Computes parts [firstPart, lastPart) of <see cref="Parts"/>, as one blocked loop.</summary>
    public static void Multiply(in MatMulArguments product, int firstPart, int lastPart, float* scratch)
    {
        if (product.LeftTransposed)
        {
            Multiply(in product, new TransposedLeft(product.Left, product.LeftStride), firstPart, lastPart, scratch);
        }
        else
        {
            Multiply(in product, new RowMajorLeft(product.Left, product.LeftStride), firstPart, lastPart, scratch);
        }
    }

    /// <summary>Computes parts of a product with any kind of left operand; scratch holds <see cref="GatherFloats"/>.</summary>
    public static void Multiply<TLeft>(in MatMulArguments product, TLeft left, int firstPart, int lastPart, float* scratch)
        where TLeft : struct, ILeftOperand
    {
        if (SplitsColumns(product.Rows, product.Columns))
        {
            Region(in product, left, 0, product.Rows, firstPart, lastPart, scratch);
        }
        else
        {
            int lastRow = Math.Min(lastPart * MicroKernel.Rows, product.Rows);
            Region(in product, left, firstPart * MicroKernel.Rows, lastRow, 0, PanelPacking.Panels(product.Columns), scratch);
        }
    }

    /// <summary>Computes the panels of 6 rows [firstPanel, lastPanel), all columns, whatever <see cref="Parts"/> would split.</summary>
    public static void MultiplyRows(in MatMulArguments product, int firstPanel, int lastPanel, float* scratch)
    {
        int firstRow = firstPanel * MicroKernel.Rows;
        int lastRow = Math.Min(lastPanel * MicroKernel.Rows, product.Rows);
        int panels = PanelPacking.Panels(product.Columns);
        if (product.LeftTransposed)
        {
            Region(in product, new TransposedLeft(product.Left, product.LeftStride), firstRow, lastRow, 0, panels, scratch);
        }
        else
        {
            Region(in product, new RowMajorLeft(product.Left, product.LeftStride), firstRow, lastRow, 0, panels, scratch);
        }
    }

    /// <summary>Panels of 6 rows.</summary>
    public static int RowPanels(int rows) => (rows + MicroKernel.Rows - 1) / MicroKernel.Rows;

    /// <summary>Floats of scratch that a gathered left operand takes.</summary>
    public static nint GatherFloats(int depth) => Math.Max(LeftBlockFloats, MicroKernel.Rows * LeftBlock.Stride(DepthBlock(depth)));

    /// <summary>Depth of a product's blocks: the fewest equal ones below the limit, in whole vectors.</summary>
    public static int DepthBlock(int depth)
    {
        int blocks = (depth + DepthLimit - 1) / DepthLimit;
        return ((depth + blocks - 1) / blocks + 7) & ~7;
    }

    /// <summary>
    /// Computes the rows [firstRow, lastRow) of panels [firstPanel, lastPanel). The depth blocks are those of the whole product, so any
    /// tiling of the result gives the same bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Region<TLeft>(
        in MatMulArguments product, TLeft left, int firstRow, int lastRow, int firstPanel, int lastPanel, float* scratch)
        where TLeft : struct, ILeftOperand
    {
        // Vectors of a tile that crossed cache lines would cost as much as many terms of its sums.
        float* memory = stackalloc float[(MicroKernel.Rows + 1) * MicroKernel.Columns];
        float* tile = (float*)(((nuint)memory + 63) & ~(nuint)63);
        int depthBlock = DepthBlock(product.Depth);
        int rowBlock = RowBlock(lastRow - firstRow, depthBlock);
        for (int row = firstRow; row < lastRow; row += rowBlock)
        {
            int rows = Math.Min(rowBlock, lastRow - row);
            for (int depth = 0; depth < product.Depth; depth += depthBlock)
            {
                int depths = Math.Min(depthBlock, product.Depth - depth);
                float* block = left.Block(row, rows, depth, depths, scratch, out nint leftStride);
                switch (product.Epilogue.Activation)
                {
                    case ActivationKind.Gelu:
                        Panels<Gelu>(in product, block, leftStride, row, rows, firstPanel, lastPanel, depth, depths, tile);
                        break;
                    case ActivationKind.Relu:
                        Panels<Relu>(in product, block, leftStride, row, rows, firstPanel, lastPanel, depth, depths, tile);
                        break;
                    case ActivationKind.Silu:
                        Panels<Silu>(in product, block, leftStride, row, rows, firstPanel, lastPanel, depth, depths, tile);
                        break;
                    case ActivationKind.Sigmoid:
                        Panels<Sigmoid>(in product, block, leftStride, row, rows, firstPanel, lastPanel, depth, depths, tile);
                        break;
                    default:
                        Panels<Identity>(in product, block, leftStride, row, rows, firstPanel, lastPanel, depth, depths, tile);
                        break;
                }
            }
        }
    }

    // One panel of columns after another against one block of rows: the panel's block stays close while the rows go by.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panels<TActivation>(
        in MatMulArguments product, float* left, nint leftStride, int firstRow, int blockRows, int firstPanel, int lastPanel, int depth,
        int depths, float* tile)
        where TActivation : struct, IActivation
    {
        nint stride = product.ResultStride;
        bool resume = depth > 0 || product.Accumulate;
        bool finish = depth + depths == product.Depth && !product.Epilogue.IsEmpty;
        bool prefetchesNext = product.Rows <= FewRowsForPanel || depths >= DeepPanel;
        for (int panel = firstPanel; panel < lastPanel; panel++)
        {
            int column = panel * MicroKernel.Columns;
            int width = Math.Min(MicroKernel.Columns, product.Columns - column);
            float* right = product.PackedRight + ((nint)panel * product.Depth + depth) * MicroKernel.Columns;
            bool whole = width == MicroKernel.Columns;
            for (int row = 0, rows; row < blockRows; row += rows)
            {
                rows = MicroKernel.NextRows(blockRows - row);
                float* rowsLeft = left + row * leftStride;
                nint offset = (firstRow + row) * stride + column;
                float* result = product.Result + offset;
                CachePrefetch.Rows(result, stride, rows, width);
                if (panel == firstPanel)
                {
                    // The first panel meets the rows before any cache has them.
                    CachePrefetch.Rows(
                        rowsLeft + rows * leftStride, leftStride, Math.Min(MicroKernel.Rows, blockRows - row - rows), depths);
                }

                PanelPrefetch prefetch = prefetchesNext && panel + 1 < lastPanel
                    ? PanelPrefetch.Share(right + (nint)product.Depth * MicroKernel.Columns, depths, row, rows, blockRows)
                    : default;
                if (!whole || (finish && rows < MicroKernel.Rows))
                {
                    PartialTile<TActivation>(
                        in product, rowsLeft, leftStride, rows, width, right, depths, resume, in prefetch, finish, column, offset, tile);
                }
                else if (!finish)
                {
                    MicroKernel.Multiply(rowsLeft, leftStride, rows, right, depths, result, stride, resume, in prefetch);
                }
                else
                {
                    product.Epilogue.Prefetch(rows, offset, stride);
                    MicroKernel.MultiplyAndFinish<TActivation>(
                        rowsLeft, leftStride, right, depths, result, stride, resume, in prefetch, in product.Epilogue, column, offset,
                        tile);
                }
            }
        }
    }

    // A tile cut off by the last column or row is computed beside the result and copied.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PartialTile<TActivation>(
        in MatMulArguments product, float* left, nint leftStride, int rows, int width, float* right, int depths, bool resume,
        in PanelPrefetch prefetch,
        bool finish, int column, nint offset, float* tile)
        where TActivation : struct, IActivation
    {
        float* result = product.Result + offset;
        if (resume)
        {
            Copy(result, product.ResultStride, tile, MicroKernel.Columns, rows, width);
        }

        MicroKernel.Multiply(left, leftStride, rows, right, depths, tile, MicroKernel.Columns, resume, in prefetch);
        if (finish)
        {
            product.Epilogue.Finish<TActivation>(tile, MicroKernel.Columns, rows, width, column, offset, result, product.ResultStride);
        }
        else
        {
            Copy(tile, MicroKernel.Columns, result, product.ResultStride, rows, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* source, nint sourceStride, float* target, nint targetStride, int rows, int width)
    {
        for (int row = 0; row < rows; row++)
        {
            float* from = source + row * sourceStride;
            float* to = target + row * targetStride;
            int j = 0;
            if (width >= Vector256<float>.Count)
            {
                Vector256.Load(from).Store(to);
                j = Vector256<float>.Count;
            }

            if (width - j >= Vector128<float>.Count)
            {
                Vector128.Load(from + j).Store(to + j);
                j += Vector128<float>.Count;
            }

            for (; j < width; j++)
            {
                to[j] = from[j];
            }
        }
    }

    private static bool SplitsColumns(int rows, int columns) => rows < FewRows && PanelPacking.Panels(columns) > RowPanels(rows);

    private static int RowBlock(int rows, int depthBlock)
    {
        int limit = Math.Max(LeftBlockFloats / LeftBlock.Stride(depthBlock) / MicroKernel.Rows, 1);
        int panels = RowPanels(rows);
        int blocks = (panels + limit - 1) / limit;
        return (panels + blocks - 1) / blocks * MicroKernel.Rows;
    }
}
