using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Graph;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Packs weights for the products that read them, once for all runs.</summary>
/// <param name="source">The weights.</param>
/// <param name="packed">The packed weights.</param>
/// <param name="parts">Independent parts.</param>
/// <param name="pack">Packs the parts from the first up to but without the last given.</param>
internal sealed unsafe class PackCall(CpuBuffer source, CpuBuffer packed, int parts, Action<int, int> pack) : KernelCall([source], [packed])
{
    /// <inheritdoc/>
    public override string Name => "pack weights";

    /// <summary>Size of the packed weights.</summary>
    public long Bytes => packed.Bytes;

    /// <summary>True where the source is the memory of a variable, so that no other call must run before.</summary>
    public bool ReadsVariables => source.Placement == Placement.External;

    /// <inheritdoc/>
    public override int Parts(int phase) => parts;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        // The parts' places follow each other; where a border is not exact, its page is handed out when it is touched.
        long start = packed.Bytes * first / parts;
        SystemMemory.Populate(packed.Pointer + start, (packed.Bytes * last / parts) - start);
        pack(first, last);
    }
}

/// <summary>
/// A product whose right operand must be packed: in front of every run when it changes (first phase), or once when it depends
/// on weights alone.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="builder">The plan under construction.</param>
internal abstract unsafe class PackedOperandCall(Node node, PlanBuilder builder) : NodeCall(node, builder)
{
    private CpuBuffer? _packed;
    private bool _packEachRun;

    /// <inheritdoc/>
    public sealed override int Phases => _packEachRun ? 2 : 1;

    /// <summary>The packed operand.</summary>
    protected float* Packed => _packed!.Floats;

    /// <summary>Independent parts of packing.</summary>
    protected abstract int PackParts { get; }

    /// <summary>Independent parts of the product.</summary>
    protected abstract int ProductParts { get; }

    /// <summary>Decides where the packed operand lies and when it is packed.</summary>
    /// <param name="builder">The plan under construction.</param>
    /// <param name="operand">The operand.</param>
    /// <param name="packedFloats">The size of the packed operand.</param>
    /// <param name="format">
    /// All that the packed form depends on beside the operand, with value equality; neither batch nor image size as a rule.
    /// </param>
    protected void PlanPacking(PlanBuilder builder, Value operand, long packedFloats, string format)
    {
        CpuBuffer source = builder.BufferOf(operand);
        _packEachRun = !builder.Uses.IsConstant(operand) || builder.Uses.IsConstant(Node.Outputs[0]);
        _packed = _packEachRun
            ? Temporary(packedFloats, builder)
            : builder.AddPacked(operand, format, packedFloats, packed =>
                new PackCall(source, packed, PackParts, (first, last) => Pack(source.Floats, packed.Floats, first, last)));
        Source = source;
    }

    /// <summary>The operand as it lies in memory.</summary>
    protected CpuBuffer Source { get; private set; } = null!;

    /// <inheritdoc/>
    public sealed override int Parts(int phase) => _packEachRun && phase == 0 ? PackParts : ProductParts;

    /// <inheritdoc/>
    public sealed override void Run(int phase, int first, int last, int worker)
    {
        if (_packEachRun && phase == 0)
        {
            Pack(Source.Floats, Packed, first, last);
        }
        else
        {
            Multiply(first, last, ScratchOf(worker));
        }
    }

    /// <summary>Packs parts of the operand.</summary>
    protected abstract void Pack(float* source, float* packed, int first, int last);

    /// <summary>Computes parts of the product.</summary>
    protected abstract void Multiply(int first, int last, float* scratch);
}
