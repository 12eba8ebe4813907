using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>One matrix product with a shared right operand: linear layers, 1×1 convolutions.</summary>
internal sealed unsafe class ProductStep : PackedStep
{
    private readonly EpilogueOperands _epilogue;
    private readonly bool _transposeRight;
    private readonly bool _transposeLeft;
    private readonly int _rows;
    private readonly int _columns;
    private readonly int _depth;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public ProductStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        var operation = (Graph.Operations.MatMul)node.Operation;
        _epilogue = new EpilogueOperands(operation.Epilogue, Reads);
        (_, _rows, _columns, _depth) = Graph.Operations.MatMul.Extents(operation, node.Inputs[0].Shape, node.Inputs[1].Shape);
        _transposeLeft = operation.TransposeLeft;
        _transposeRight = operation.TransposeRight;
        PlanPacking(builder, node.Inputs[1], RightPacking.PackedLength(_depth, _columns));
    }

    /// <inheritdoc/>
    public override long ScratchFloats => Kernels.MatMul.ScratchFloats(_depth, _transposeLeft);

    /// <inheritdoc/>
    protected override int PackParts => RightPacking.Panels(_columns);

    /// <inheritdoc/>
    protected override int ProductParts => Kernels.MatMul.Parts(_rows, _columns);

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        RightPacking.Pack(source, _transposeRight ? 1 : _columns, _transposeRight ? _depth : 1, _depth, _columns, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch)
    {
        ProductArguments product = new()
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
        Kernels.MatMul.Multiply(in product, first, last, scratch);
    }
}

/// <summary>Many products of one shape, each with its own right operand.</summary>
internal sealed unsafe class BatchedProductStep : Step
{
    private readonly EpilogueOperands _epilogue;
    private readonly Graph.Operations.MatMul _operation;
    private readonly int _batch;
    private readonly int _rows;
    private readonly int _columns;
    private readonly int _depth;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public BatchedProductStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        _operation = (Graph.Operations.MatMul)node.Operation;
        _epilogue = new EpilogueOperands(_operation.Epilogue, Reads);
        (long batch, _rows, _columns, _depth) = Graph.Operations.MatMul.Extents(_operation, node.Inputs[0].Shape, node.Inputs[1].Shape);
        _batch = (int)batch;
    }

    /// <inheritdoc/>
    public override long ScratchFloats => BatchedProduct.ScratchFloats(_columns, _depth, _operation.TransposeLeft);

    /// <inheritdoc/>
    public override int Parts(int phase) => BatchedProduct.Parts(_batch, _rows);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        BatchedArguments batched = new()
        {
            Batch = _batch,
            Product = new ProductArguments
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
        BatchedProduct.Multiply(in batched, first, last, ScratchOf(worker));
    }
}

/// <summary>The product of a transposed left operand with a right one over many rows: the gradient of a linear layer's weights.</summary>
internal sealed unsafe class WeightGradientStep : Step
{
    private readonly PlannedBuffer _partials;
    private readonly int _rows;
    private readonly int _outputs;
    private readonly int _inputs;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public WeightGradientStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        (_, _outputs, _inputs, _rows) = Graph.Operations.MatMul.Extents((Graph.Operations.MatMul)node.Operation, node.Inputs[0].Shape, node.Inputs[1].Shape);
        _partials = Temporary(WeightGradientProduct.PartialFloats(_rows, _outputs, _inputs), builder);
    }

    /// <summary>Whether a node is such a product.</summary>
    public static bool Fits(Node node) =>
        node.Operation is Graph.Operations.MatMul { TransposeLeft: true, TransposeRight: false } product
        && product.Epilogue == Graph.Operations.Epilogue.None
        && node.Inputs[0].Shape.Rank == 2
        && node.Inputs[1].Shape.Rank == 2;

    /// <inheritdoc/>
    public override int Phases => Parts(1) > 0 ? 2 : 1;

    /// <inheritdoc/>
    public override long ScratchFloats => WeightGradientProduct.ScratchFloats(_inputs);

    /// <inheritdoc/>
    public override int Parts(int phase) =>
        phase == 0 ? WeightGradientProduct.Parts(_rows, _outputs, _inputs) : WeightGradientProduct.MergeParts(_rows, _outputs, _inputs);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        WeightGradientArguments arguments = new()
        {
            Rows = _rows,
            Outputs = _outputs,
            Inputs = _inputs,
            OutputGradient = Reads[0].Floats,
            OutputGradientStride = _outputs,
            Gradient = Writes[0].Floats,
            Partials = _partials.Floats,
        };
        if (phase == 0)
        {
            WeightGradientProduct.Run(in arguments, Reads[1].Floats, _inputs, first, last, ScratchOf(worker));
        }
        else
        {
            WeightGradientProduct.Merge(in arguments, first, last);
        }
    }
}
