using Fovea.Engine.Compile.Memory;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>One node made ready to run: which kernel, on which buffers.</summary>
internal abstract class Step : Work
{
    /// <summary>The node that is computed.</summary>
    public required Node Node { get; init; }

    /// <summary>What the step reads.</summary>
    public required IReadOnlyList<PlannedBuffer> Reads { get; init; }

    /// <summary>What the step writes.</summary>
    public required IReadOnlyList<PlannedBuffer> Writes { get; init; }

    /// <summary>Memory that only this step uses: partial sums, packed operands.</summary>
    public List<PlannedBuffer> Temporaries { get; } = [];

    /// <summary>All memory that the step touches, scratch memory apart.</summary>
    public IEnumerable<PlannedBuffer> Buffers => Reads.Concat(Writes).Concat(Temporaries);

    /// <summary>Whether a result may take the place of an operand of the same size that nobody needs afterwards.</summary>
    public virtual bool InPlace => false;

    /// <summary>Scratch memory that each thread needs, in floats.</summary>
    public virtual long ScratchFloats => 0;

    /// <summary>One piece of scratch memory for each thread; set when memory is laid out.</summary>
    public PlannedBuffer? Scratch { get; set; }

    /// <summary>What the plan's random numbers depend on, set by the plan.</summary>
    public RandomState? Random { get; set; }

    /// <summary>Adds memory that only this step uses.</summary>
    protected PlannedBuffer Temporary(long floats, PlanBuilder builder)
    {
        Placement placement = builder.Uses.IsConstant(Node.Outputs[0]) ? Placement.Preparation : Placement.Arena;
        PlannedBuffer buffer = new(Math.Max(floats, 1) * sizeof(float), placement, $"{Node} temporary");
        Temporaries.Add(buffer);
        return buffer;
    }

    /// <summary>The scratch memory of a thread.</summary>
    protected unsafe float* ScratchOf(int worker) =>
        Scratch is null ? null : Scratch.Floats + (worker * ScratchStride(ScratchFloats));

    /// <summary>Distance between the scratch memories of two threads, in floats: whole cache lines and one between.</summary>
    public static long ScratchStride(long floats) => ((floats + 15) / 16 * 16) + 16;
}

/// <summary>What the random numbers of a plan depend on beside their stream and index.</summary>
internal sealed class RandomState
{
    /// <summary>The seed of the run.</summary>
    public ulong Seed { get; set; }

    /// <summary>The number of the training step.</summary>
    public ulong Step { get; set; }
}
