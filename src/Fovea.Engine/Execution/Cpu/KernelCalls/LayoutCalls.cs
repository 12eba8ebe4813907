using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Reorders axes.</summary>
internal sealed unsafe class PermuteCall : NodeCall
{
    private readonly int[] _shape;
    private readonly int[] _axes;

    /// <summary>Reads the order off the node.</summary>
    public PermuteCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        Permute operation = (Permute)node.Operation;
        _shape = node.Inputs[0].Shape.ToArray();
        _axes = [.. Enumerable.Range(0, _shape.Length).Select(operation.Source)];
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => LayoutKernels.PermuteParts(_shape, _axes);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        LayoutKernels.Permute(_shape, _axes, Reads[0].Floats, Writes[0].Floats, first, last);
}

/// <summary>Puts values one after another along an axis: one phase for each value.</summary>
internal sealed unsafe class ConcatCall : NodeCall
{
    private readonly int _rows;
    private readonly long[] _runs;
    private readonly long _stride;

    /// <summary>Reads the sizes off the node.</summary>
    public ConcatCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        int axis = ((Concat)node.Operation).Axis;
        _rows = Lowering.Rows(node.Outputs[0].Shape, axis);
        _stride = node.Outputs[0].Shape.Elements / _rows;
        _runs = [.. node.Inputs.Select(input => input.Shape.Elements / _rows)];
    }

    /// <inheritdoc/>
    public override int Phases => _runs.Length;

    /// <inheritdoc/>
    public override int Parts(int phase) => LayoutKernels.RowParts(_rows, (nint)_runs[phase]);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        long start = 0;
        for (int i = 0; i < phase; i++)
        {
            start += _runs[i];
        }

        nint run = (nint)_runs[phase];
        LayoutKernels.CopyBlock(Reads[phase].Floats, run, Writes[0].Floats + start, (nint)_stride, _rows, run, first, last);
    }
}

/// <summary>A part of a value along one axis.</summary>
internal sealed unsafe class SliceCall : NodeCall
{
    private readonly int _rows;
    private readonly nint _run;
    private readonly nint _stride;
    private readonly nint _start;

    /// <summary>Reads the sizes off the node.</summary>
    public SliceCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        Slice operation = (Slice)node.Operation;
        Shape source = node.Inputs[0].Shape;
        _rows = Lowering.Rows(source, operation.Axis);
        _stride = (nint)(source.Elements / _rows);
        _run = (nint)(node.Outputs[0].Shape.Elements / _rows);
        _start = operation.Start * (_stride / source[operation.Axis]);
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => LayoutKernels.RowParts(_rows, _run);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        LayoutKernels.CopyBlock(Reads[0].Floats + _start, _stride, Writes[0].Floats, _run, _rows, _run, first, last);
}

/// <summary>Equal parts along the first axis.</summary>
/// <param name="node">The node.</param>
/// <param name="builder">The plan under construction.</param>
internal sealed unsafe class ChunkCall(Node node, PlanBuilder builder) : NodeCall(node, builder)
{
    private readonly nint _run = (nint)node.Outputs[0].Shape.Elements;

    /// <inheritdoc/>
    public override int Parts(int phase) => Writes.Count;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        for (int part = first; part < last; part++)
        {
            float* source = Reads[0].Floats + (part * _run);
            LayoutKernels.CopyBlock(source, _run, Writes[part].Floats, _run, 1, _run, 0, LayoutKernels.RowParts(1, _run));
        }
    }
}

/// <summary>Zeros around a value along one axis.</summary>
internal sealed unsafe class PadCall : NodeCall
{
    private readonly int _rows;
    private readonly nint _run;
    private readonly nint _before;
    private readonly nint _after;

    /// <summary>Reads the sizes off the node.</summary>
    public PadCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        Pad operation = (Pad)node.Operation;
        Shape source = node.Inputs[0].Shape;
        _rows = Lowering.Rows(source, operation.Axis);
        _run = (nint)(source.Elements / _rows);
        nint unit = _run / source[operation.Axis];
        _before = operation.Before * unit;
        _after = operation.After * unit;
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => LayoutKernels.RowParts(_rows, _before + _run + _after);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        LayoutKernels.PadAxis(Reads[0].Floats, Writes[0].Floats, _rows, _run, _before, _after, first, last);
}

/// <summary>Rows of a table by index.</summary>
internal sealed unsafe class GatherCall : NodeCall
{
    private readonly Shape _table;
    private readonly int _count;

    /// <summary>Reads the sizes off the node.</summary>
    public GatherCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _table = node.Inputs[0].Shape;
        _count = (int)node.Inputs[1].Shape.Elements;
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => LayoutKernels.RowParts(_count, _table[1]);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        LayoutKernels.GatherRows(Reads[0].Floats, _table[0], _table[1], Reads[1].Integers, _count, Writes[0].Floats, first, last);
}

/// <summary>Adds rows into a table by index.</summary>
internal sealed unsafe class ScatterAddCall : NodeCall
{
    private readonly int _entries;
    private readonly int _width;
    private readonly int _count;

    /// <summary>Reads the sizes off the node.</summary>
    public ScatterAddCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _entries = ((ScatterAdd)node.Operation).Entries;
        _width = node.Inputs[1].Shape.Last;
        _count = (int)node.Inputs[0].Shape.Elements;
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => LayoutKernels.ScatterParts(_width);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        LayoutKernels.ScatterAddRows(Reads[1].Floats, Reads[0].Integers, _count, Writes[0].Floats, _entries, _width, first, last);
}
