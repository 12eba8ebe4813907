using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>The buffers that a product's epilogue reads, made into the kernel's form when the product runs.</summary>
internal sealed unsafe class EpilogueOperands
{
    private readonly CpuBuffer? _bias;
    private readonly CpuBuffer? _residualBefore;
    private readonly CpuBuffer? _scale;
    private readonly CpuBuffer? _shift;
    private readonly CpuBuffer? _residualAfter;
    private readonly ActivationKind _activation;

    /// <summary>Takes the operands behind the product's own two.</summary>
    public EpilogueOperands(Epilogue epilogue, IReadOnlyList<CpuBuffer> operands)
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

    /// <summary>Maps that are added: each element is read just before the result's is written.</summary>
    public IEnumerable<CpuBuffer> Residuals => new[] { _residualBefore, _residualAfter }.OfType<CpuBuffer>();

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

    private static float* Floats(CpuBuffer? buffer) => buffer is null ? null : buffer.Floats;
}
