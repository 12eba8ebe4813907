using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Cross-entropy of each row.</summary>
[method: SetsRequiredMembers]
internal sealed unsafe class CrossEntropyStep(Node node, PlanBuilder builder) : RowStep(node, builder)
{
    /// <inheritdoc/>
    public override int Parts(int phase) => CrossEntropyKernel.Parts(Rows, Columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) => CrossEntropyKernel.Forward(
        Reads[0].Floats, Reads[1].Integers, ((CrossEntropy)Node.Operation).Smoothing, Writes[0].Floats, Rows, Columns, first, last);
}

/// <summary>The gradient of cross-entropy.</summary>
[method: SetsRequiredMembers]
internal sealed unsafe class CrossEntropyGradientStep(Node node, PlanBuilder builder) : RowStep(node, builder)
{
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
internal sealed unsafe class DropoutStep : Step
{
    private readonly Dropout _operation;
    private readonly long _count;
    private readonly int _samples;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public DropoutStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        _operation = (Dropout)node.Operation;
        _count = node.Inputs[0].Shape.Elements;
        _samples = node.Inputs[0].Shape[0];
    }

    /// <inheritdoc/>
    public override bool InPlace => true;

    /// <inheritdoc/>
    public override int Parts(int phase) => _operation.PerSample ? _samples : DropoutKernel.Parts(_count);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        RandomState random = Random!;
        if (_operation.PerSample)
        {
            DropoutKernel.Samples(
                Reads[0].Floats, Writes[0].Floats, _count / _samples, random.Seed, _operation.Stream, random.Step, _operation.Rate, first, last);
        }
        else
        {
            DropoutKernel.Elements(Reads[0].Floats, Writes[0].Floats, _count, random.Seed, _operation.Stream, random.Step, _operation.Rate, first, last);
        }
    }
}
