namespace Fovea.Engine.Kernels;

/// <summary>
/// A batch of products of one shape, result[b] = left[b] · right[b] (+ result[b]), with unpacked right operands. Batch strides
/// may be 0: the operand is then shared.
/// </summary>
internal unsafe struct BatchedMatMulArguments
{
    /// <summary>Products in the batch.</summary>
    public int Batch;

    /// <summary>
    /// The first product of the batch, without its packed right operand. Its bias, scale and shift serve every product; its residuals move
    /// with the result.
    /// </summary>
    public MatMulArguments Product;

    /// <summary>
    /// The first right operand: element (k, j) at Right[k · RightStride + j], or at Right[j · RightStride + k] when transposed.
    /// </summary>
    public float* Right;

    /// <summary>Floats between the right operand's rows as they lie in memory.</summary>
    public nint RightStride;

    /// <summary>True if right operands lie transposed, [columns, depth].</summary>
    public bool RightTransposed;

    /// <summary>Floats between the left operands of neighbouring products.</summary>
    public nint LeftBatchStride;

    /// <summary>Floats between the right operands of neighbouring products.</summary>
    public nint RightBatchStride;

    /// <summary>Floats between the results of neighbouring products.</summary>
    public nint ResultBatchStride;
}

/// <summary>Batched matrix products; a part is a panel of 6 rows of one product of the batch.</summary>
internal static unsafe class BatchedMatMulKernel
{
    /// <summary>Independent parts.</summary>
    public static int Parts(int batch, int rows) => batch * MatMulKernel.RowPanels(rows);

    /// <summary>
    /// Floats of scratch that <see cref="Multiply"/> needs: one packed right operand and a block of a transposed left one.
    /// </summary>
    public static nint ScratchFloats(int columns, int depth, bool leftTransposed) =>
        PanelPacking.PackedLength(depth, columns) + MatMulKernel.ScratchFloats(depth, leftTransposed);

    /// <summary>Computes parts [firstPart, lastPart); every right operand that the range touches is packed once.</summary>
    public static void Multiply(in BatchedMatMulArguments batched, int firstPart, int lastPart, float* scratch)
    {
        MatMulArguments product = batched.Product;
        int rowPanels = MatMulKernel.RowPanels(product.Rows);
        product.PackedRight = scratch;
        scratch += PanelPacking.PackedLength(product.Depth, product.Columns);
        for (int part = firstPart, next; part < lastPart; part = next)
        {
            (int element, int rowPanel) = Math.DivRem(part, rowPanels);
            next = Math.Min((element + 1) * rowPanels, lastPart);
            if (part == firstPart || batched.RightBatchStride != 0)
            {
                Pack(in batched, element, product.PackedRight);
            }

            nint offset = element * batched.ResultBatchStride;
            product.Left = batched.Product.Left + element * batched.LeftBatchStride;
            product.Result = batched.Product.Result + offset;
            product.Epilogue.ResidualBefore = Moved(batched.Product.Epilogue.ResidualBefore, offset);
            product.Epilogue.ResidualAfter = Moved(batched.Product.Epilogue.ResidualAfter, offset);
            MatMulKernel.MultiplyRows(in product, rowPanel, rowPanel + next - part, scratch);
        }
    }

    private static void Pack(in BatchedMatMulArguments batched, int element, float* packed)
    {
        int columns = batched.Product.Columns;
        nint depthStride = batched.RightTransposed ? 1 : batched.RightStride;
        nint columnStride = batched.RightTransposed ? batched.RightStride : 1;
        float* right = batched.Right + element * batched.RightBatchStride;
        PanelPacking.Pack(right, depthStride, columnStride, batched.Product.Depth, columns, packed, 0, PanelPacking.Panels(columns));
    }

    private static float* Moved(float* residual, nint offset) => residual == null ? null : residual + offset;
}
