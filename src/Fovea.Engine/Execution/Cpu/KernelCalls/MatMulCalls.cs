using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>One matrix product with a shared right operand: linear layers, 1×1 convolutions.</summary>
internal sealed unsafe class MatMulCall : PackedOperandCall
{
    private readonly EpilogueOperands _epilogue;
    private readonly bool _transposeRight;
    private readonly bool _transposeLeft;
    private readonly int _rows;
    private readonly int _columns;
    private readonly int _depth;

    /// <summary>Reads the sizes off the node.</summary>
    public MatMulCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        MatMul operation = (MatMul)node.Operation;
        _epilogue = new EpilogueOperands(operation.Epilogue, Reads);
        (_, _rows, _columns, _depth) = MatMul.Extents(operation, node.Inputs[0].Shape, node.Inputs[1].Shape);
        _transposeLeft = operation.TransposeLeft;
        _transposeRight = operation.TransposeRight;
        PlanPacking(builder, node.Inputs[1], PanelPacking.PackedLength(_depth, _columns), $"panels {_depth} {_columns} {_transposeRight}");
    }

    /// <inheritdoc/>
    public override long ScratchFloats => MatMulKernel.ScratchFloats(_depth, _transposeLeft);

    /// <summary>Residuals that are added, unless sums in parts stand in the result before.</summary>
    public override IEnumerable<CpuBuffer> Overwritable => _depth <= MatMulKernel.DepthLimit ? _epilogue.Residuals : [];

    /// <inheritdoc/>
    protected override int PackParts => PanelPacking.Panels(_columns);

    /// <inheritdoc/>
    protected override int ProductParts => MatMulKernel.Parts(_rows, _columns);

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        PanelPacking.Pack(source, _transposeRight ? 1 : _columns, _transposeRight ? _depth : 1, _depth, _columns, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch)
    {
        MatMulArguments product = new()
        {
            Rows = _rows,
            Columns = _columns,
            Depth = _depth,
            Left = Reads[0].Floats,
            LeftStride = _transposeLeft ? _rows : _depth,
            LeftTransposed = _transposeLeft,
            PackedRight = Packed,
            Result = Writes[0].Floats,
            ResultStride = _columns,
            Epilogue = _epilogue.Pointers,
        };
        MatMulKernel.Multiply(in product, first, last, scratch);
    }
}

/// <summary>Many products of one shape, each with its own right operand.</summary>
internal sealed unsafe class BatchedMatMulCall : NodeCall
{
    private readonly EpilogueOperands _epilogue;
    private readonly MatMul _operation;
    private readonly int _batch;
    private readonly int _rows;
    private readonly int _columns;
    private readonly int _depth;

    /// <summary>Reads the sizes off the node.</summary>
    public BatchedMatMulCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _operation = (MatMul)node.Operation;
        _epilogue = new EpilogueOperands(_operation.Epilogue, Reads);
        (long batch, _rows, _columns, _depth) = MatMul.Extents(_operation, node.Inputs[0].Shape, node.Inputs[1].Shape);
        _batch = (int)batch;
    }

    /// <inheritdoc/>
    public override long ScratchFloats => BatchedMatMulKernel.ScratchFloats(_columns, _depth, _operation.TransposeLeft);

    /// <inheritdoc/>
    public override int Parts(int phase) => BatchedMatMulKernel.Parts(_batch, _rows);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        BatchedMatMulArguments batched = new()
        {
            Batch = _batch,
            Product = new MatMulArguments
            {
                Rows = _rows,
                Columns = _columns,
                Depth = _depth,
                Left = Reads[0].Floats,
                LeftStride = _operation.TransposeLeft ? _rows : _depth,
                LeftTransposed = _operation.TransposeLeft,
                Result = Writes[0].Floats,
                ResultStride = _columns,
                Epilogue = _epilogue.Pointers,
            },
            Right = Reads[1].Floats,
            RightStride = _operation.TransposeRight ? _depth : _columns,
            RightTransposed = _operation.TransposeRight,
            LeftBatchStride = (nint)_rows * _depth,
            RightBatchStride = (nint)_columns * _depth,
            ResultBatchStride = (nint)_rows * _columns,
        };
        BatchedMatMulKernel.Multiply(in batched, first, last, ScratchOf(worker));
    }
}

/// <summary>The product of a transposed left operand with a right one over many rows: the gradient of a linear layer's weights.</summary>
internal sealed unsafe class WeightGradientCall : TwoPhaseCall
{
    private readonly int _rows;
    private readonly int _outputs;
    private readonly int _inputs;

    /// <summary>Reads the sizes off the node.</summary>
    public WeightGradientCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        (_, _outputs, _inputs, _rows) = MatMul.Extents((MatMul)node.Operation, node.Inputs[0].Shape, node.Inputs[1].Shape);
        PlanPartials(WeightGradientKernel.PartialFloats(_rows, _outputs, _inputs), builder);
    }

    /// <inheritdoc/>
    public override long ScratchFloats => WeightGradientKernel.ScratchFloats(_inputs);

    /// <inheritdoc/>
    protected override int ComputeParts => WeightGradientKernel.Parts(_rows, _outputs, _inputs);

    /// <inheritdoc/>
    protected override int MergeParts => WeightGradientKernel.MergeParts(_rows, _outputs, _inputs);

    private WeightGradientArguments Arguments => new()
    {
        Rows = _rows,
        Outputs = _outputs,
        Inputs = _inputs,
        OutputGradient = Reads[0].Floats,
        OutputGradientStride = _outputs,
        Gradient = Writes[0].Floats,
        Partials = Partials,
    };

    /// <summary>True where the node is such a product.</summary>
    public static bool Fits(Node node) =>
        node.Operation is MatMul { TransposeLeft: true, TransposeRight: false } product
        && product.Epilogue == Epilogue.None
        && node.Inputs[0].Shape.Rank == 2
        && node.Inputs[1].Shape.Rank == 2;

    /// <inheritdoc/>
    protected override void Compute(int first, int last, float* scratch)
    {
        WeightGradientArguments arguments = Arguments;
        WeightGradientKernel.Run(in arguments, Reads[1].Floats, _inputs, first, last, scratch);
    }

    /// <inheritdoc/>
    protected override void Merge(int first, int last)
    {
        WeightGradientArguments arguments = Arguments;
        WeightGradientKernel.Merge(in arguments, first, last);
    }
}
