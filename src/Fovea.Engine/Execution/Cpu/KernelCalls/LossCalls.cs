using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Cross-entropy of each row.</summary>
internal sealed unsafe class CrossEntropyCall(Node node, PlanBuilder builder) : RowCall(node, builder)
{
    /// <inheritdoc/>
    public override int Parts(int phase) => CrossEntropyKernel.Parts(Rows, Columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) => CrossEntropyKernel.Forward(
        Reads[0].Floats, Reads[1].Integers, ((CrossEntropy)Node.Operation).Smoothing, Writes[0].Floats, Rows, Columns, first, last);
}

/// <summary>The gradient of cross-entropy.</summary>
internal sealed unsafe class CrossEntropyGradientCall(Node node, PlanBuilder builder) : RowCall(node, builder)
{
    /// <inheritdoc/>
    public override IEnumerable<CpuBuffer> Overwritable => [Reads[0]];

    /// <inheritdoc/>
    public override int Parts(int phase) => CrossEntropyKernel.Parts(Rows, Columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) => CrossEntropyKernel.Gradient(
        Reads[0].Floats,
        Reads[1].Integers,
        ((CrossEntropyGradient)Node.Operation).Smoothing,
        Reads[2].Floats,
        Writes[0].Floats,
        Rows,
        Columns,
        first,
        last);
}

/// <summary>Dropout of elements or of samples, and its gradient, which is the same.</summary>
internal sealed unsafe class DropoutCall : NodeCall
{
    private readonly Dropout _operation;
    private readonly long _count;
    private readonly int _samples;

    /// <summary>Reads the sizes off the node.</summary>
    public DropoutCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _operation = (Dropout)node.Operation;
        _count = node.Inputs[0].Shape.Elements;
        _samples = node.Inputs[0].Shape[0];
    }

    /// <inheritdoc/>
    public override IEnumerable<CpuBuffer> Overwritable => Reads;

    /// <inheritdoc/>
    public override int Parts(int phase) => _operation.PerSample ? _samples : DropoutKernel.Parts(_count);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        RandomState random = Random!;
        if (_operation.PerSample)
        {
            DropoutKernel.Samples(
                Reads[0].Floats, Writes[0].Floats, _count / _samples, random.Seed, _operation.Stream, random.Iteration, _operation.Rate,
                first, last);
        }
        else
        {
            DropoutKernel.Elements(
                Reads[0].Floats, Writes[0].Floats, _count, random.Seed, _operation.Stream, random.Iteration, _operation.Rate, first, last);
        }
    }
}
