using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>The buffers that a product's epilogue reads, made into the kernel's form when the product runs.</summary>
internal sealed unsafe class EpilogueOperands
{
    private readonly PlannedBuffer? _bias;
    private readonly PlannedBuffer? _residualBefore;
    private readonly PlannedBuffer? _scale;
    private readonly PlannedBuffer? _shift;
    private readonly PlannedBuffer? _residualAfter;
    private readonly ActivationKind _activation;

    /// <summary>Takes the operands behind the product's own two.</summary>
    public EpilogueOperands(Epilogue epilogue, IReadOnlyList<PlannedBuffer> operands)
    {
        int next = 2;
        _bias = epilogue.Bias ? operands[next++] : null;
        _residualBefore = epilogue.ResidualBefore ? operands[next++] : null;
        _scale = epilogue.Scale ? operands[next++] : null;
        _shift = epilogue.Shift ? operands[next++] : null;
        _residualAfter = epilogue.ResidualAfter ? operands[next] : null;
        _activation = epilogue.Activation switch
        {
            null => ActivationKind.None,
            UnaryKind.Gelu => ActivationKind.Gelu,
            UnaryKind.Relu => ActivationKind.Relu,
            UnaryKind.Silu => ActivationKind.Silu,
            UnaryKind.Sigmoid => ActivationKind.Sigmoid,
            _ => throw new NotSupportedException($"{epilogue.Activation} is not an activation of a product's epilogue."),
        };
    }

    /// <summary>The kernel's form.</summary>
    public EpilogueArguments Pointers => new()
    {
        Bias = Floats(_bias),
        ResidualBefore = Floats(_residualBefore),
        Activation = _activation,
        Scale = Floats(_scale),
        Shift = Floats(_shift),
        ResidualAfter = Floats(_residualAfter),
    };

    private static float* Floats(PlannedBuffer? buffer) => buffer is null ? null : buffer.Floats;
}
