using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>
/// Where every buffer of a plan lies and how much memory that takes. Laying out takes no memory itself: <see cref="Allocate"/> does,
/// so that figures are known beforehand.
/// </summary>
internal sealed class MemoryLayout
{
    private readonly PlanBuilder _builder;
    private readonly PlannedBuffer _scratch;
    private readonly Region _arena;
    private readonly Region _persistent;
    private readonly Region _preparation;

    /// <summary>Lays out the memory of steps.</summary>
    /// <param name="builder">The steps and their buffers.</param>
    /// <param name="threads">How many threads will run the steps.</param>
    public MemoryLayout(PlanBuilder builder, int threads)
    {
        _builder = builder;
        IReadOnlyList<Step> preparation = builder.Preparation;
        NoteUses(preparation);
        NoteUses(builder.Steps);
        foreach (Value value in builder.Graph.Inputs.Values.Concat(builder.Graph.Outputs.Values))
        {
            // Inputs and outputs belong to the caller between runs: they keep their memory throughout.
            builder.BufferOf(value).UsedAt(0);
            builder.BufferOf(value).UsedAt(builder.Steps.Count);
        }

        ShareMemoryInPlace(builder.Steps);
        _scratch = LayOutScratch(preparation.Concat(builder.Steps), threads);
        _arena = Region.SharedOverTime(Homes(builder.Steps, Placement.Arena));
        _persistent = Region.InRows(Homes(preparation.Concat(builder.Steps), Placement.Persistent));
        _preparation = Region.SharedOverTime(Homes(preparation, Placement.Preparation));
    }

    /// <summary>The memory that <see cref="Allocate"/> takes.</summary>
    public MemoryFigures Figures => new(_arena.Bytes, _persistent.Bytes, _scratch.Bytes);

    /// <summary>Takes the memory and tells every buffer where it lies, but for those of variables; gradients lie in their block.</summary>
    public unsafe PlanMemory Allocate()
    {
        AlignedMemory scratch = new(_scratch.Bytes);
        _scratch.Pointer = scratch.Pointer;
        foreach ((Variable variable, PlannedBuffer buffer) in _builder.Gradients)
        {
            buffer.Pointer = (byte*)(_builder.GradientBlock!.Memory.FloatPointer + _builder.GradientBlock.OffsetOf(variable));
        }

        // What is prepared fills its memory from end to end.
        return new PlanMemory(_arena.Allocate(), _persistent.Allocate(hugePages: true), scratch);
    }

    /// <summary>Runs the preparation through the given action, in memory of its own that is freed afterwards, on the variables as they are now.</summary>
    public unsafe void WithPreparationMemory(Action run)
    {
        foreach ((PlannedBuffer buffer, Variable variable, bool inRuns) in _builder.Variables)
        {
            if (inRuns)
            {
                variable.Keep();
            }

            buffer.Pointer = (byte*)variable.Pointer;
        }

        using AlignedMemory memory = _preparation.Allocate();
        run();
    }

    private static void NoteUses(IReadOnlyList<Step> steps)
    {
        for (int i = 0; i < steps.Count; i++)
        {
            foreach (PlannedBuffer buffer in steps[i].Buffers)
            {
                buffer.UsedAt(i);
            }
        }
    }

    private static void ShareMemoryInPlace(IReadOnlyList<Step> steps)
    {
        for (int i = 0; i < steps.Count; i++)
        {
            Step step = steps[i];
            if (!step.InPlace)
            {
                continue;
            }

            foreach (PlannedBuffer written in step.Writes)
            {
                if (written.Placement != Placement.Arena || written.FirstStep != i)
                {
                    continue;
                }

                PlannedBuffer? dying = step.Reads.FirstOrDefault(read =>
                    read.Home.Placement == Placement.Arena
                    && read.Home.LastStep == i
                    && read.Home.FirstStep < i
                    && read.Home.Bytes == written.Bytes
                    && step.Reads.Count(other => other.Home == read.Home) == 1);
                if (dying is not null)
                {
                    written.MoveInto(dying);
                }
            }
        }
    }

    /// <summary>One piece of scratch memory, as large as the neediest step asks, for all steps.</summary>
    private static PlannedBuffer LayOutScratch(IEnumerable<Step> steps, int threads)
    {
        List<Step> needing = [.. steps.Where(step => step.ScratchFloats > 0)];
        long floats = needing.Select(step => Step.ScratchStride(step.ScratchFloats)).DefaultIfEmpty().Max() * threads;
        PlannedBuffer scratch = new(floats * sizeof(float), Placement.External, "scratch");
        foreach (Step step in needing)
        {
            step.Scratch = scratch;
        }

        return scratch;
    }

    private IEnumerable<PlannedBuffer> Homes(IEnumerable<Step> steps, Placement placement) => steps
        .SelectMany(step => step.Buffers)
        .Concat(_builder.ValueBuffers)
        .Select(buffer => buffer.Home)
        .Distinct()
        .Where(buffer => buffer.Placement == placement && buffer.LastStep >= 0);

    /// <summary>Buffers with their places in one piece of memory.</summary>
    private sealed class Region(IReadOnlyDictionary<PlannedBuffer, long> offsets, long bytes)
    {
        public long Bytes { get; } = bytes;

        /// <summary>Buffers whose lifetimes do not overlap share memory.</summary>
        public static Region SharedOverTime(IEnumerable<PlannedBuffer> buffers)
        {
            (IReadOnlyDictionary<PlannedBuffer, long> offsets, long bytes) = MemoryPlanner.Plan(buffers);
            return new Region(offsets, bytes);
        }

        /// <summary>Each buffer has its own memory.</summary>
        public static Region InRows(IEnumerable<PlannedBuffer> buffers)
        {
            Dictionary<PlannedBuffer, long> offsets = [];
            long bytes = 0;
            foreach (PlannedBuffer buffer in buffers)
            {
                offsets.Add(buffer, bytes);
                bytes += MemoryPlanner.SizeOf(buffer);
            }

            return new Region(offsets, bytes);
        }

        public unsafe AlignedMemory Allocate(bool hugePages = false)
        {
            AlignedMemory memory = new(Bytes, hugePages);
            foreach ((PlannedBuffer buffer, long offset) in offsets)
            {
                buffer.Pointer = memory.Pointer + offset;
            }

            return memory;
        }
    }
}
