using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Packs weights for the products that read them, once for all runs.</summary>
internal sealed unsafe class PackStep(int parts, PlannedBuffer packed, Action<int, int> pack) : Step
{
    /// <summary>How much memory the packed weights take.</summary>
    public long Bytes => packed.Bytes;

    /// <summary>Whether the weights are packed as variables hold them, so that no other step must have run before.</summary>
    public bool ReadsVariables => Reads.All(source => source.Placement == Placement.External);

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
/// A product whose right operand must be packed: in front of every run when it changes (first phase), or once when it depends on weights alone.
/// </summary>
internal abstract unsafe class PackedStep : Step
{
    private PlannedBuffer? _packed;
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
    protected void PlanPacking(PlanBuilder builder, Value operand, long packedFloats)
    {
        PlannedBuffer source = builder.BufferOf(operand);
        _packEachRun = !builder.Uses.IsConstant(operand) || builder.Uses.IsConstant(Node.Outputs[0]);
        _packed = _packEachRun
            ? Temporary(packedFloats, builder)
            : builder.Prepare(packedFloats, packed => new PackStep(PackParts, packed, (first, last) => Pack(source.Floats, packed.Floats, first, last))
            {
                Node = Node,
                Reads = [source],
                Writes = [packed],
            });
        Source = source;
    }

    /// <summary>The operand as it lies in memory.</summary>
    protected PlannedBuffer Source { get; private set; } = null!;

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
