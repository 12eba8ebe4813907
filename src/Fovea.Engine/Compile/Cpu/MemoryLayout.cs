using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>
/// The addresses of all buffers of a plan and the size of its memory. Laying out takes no memory itself: <see cref="Allocate"/> does,
/// so that figures are known beforehand.
/// </summary>
internal sealed class MemoryLayout
{
    private readonly PlanBuilder _builder;
    private readonly PlannedBuffer _scratch;
    private readonly Region _arena;
    private readonly Region _persistent;
    private readonly Region _constantStage;

    /// <summary>Lays out the memory of calls.</summary>
    /// <param name="builder">The calls and their buffers.</param>
    /// <param name="threads">The number of threads that run the calls.</param>
    public MemoryLayout(PlanBuilder builder, int threads)
    {
        _builder = builder;
        IReadOnlyList<KernelCall> constantStage = builder.ConstantStage;
        NoteUses(constantStage);
        NoteUses(builder.Calls);
        foreach (Value value in builder.Graph.Inputs.Values.Concat(builder.Graph.Outputs.Values))
        {
            // Inputs and outputs belong to the caller between runs: they keep their memory throughout.
            builder.BufferOf(value).UsedAt(0);
            builder.BufferOf(value).UsedAt(builder.Calls.Count);
        }

        ShareMemoryInPlace(builder.Calls);
        _scratch = LayOutScratch(constantStage.Concat(builder.Calls), threads);
        _arena = Region.SharedOverTime(Roots(builder.Calls, Placement.Arena));
        _persistent = Region.InRows(Roots(constantStage.Concat(builder.Calls), Placement.Persistent));
        _constantStage = Region.SharedOverTime(Roots(constantStage, Placement.ConstantStage));
    }

    /// <summary>The memory that <see cref="Allocate"/> takes.</summary>
    public MemoryFigures Figures => new(_arena.Bytes, _persistent.Bytes, _scratch.Bytes);

    /// <summary>Allocates the regions and assigns buffer addresses (variables excepted).</summary>
    public unsafe PlanMemory Allocate()
    {
        AlignedMemory scratch = new(_scratch.Bytes);
        _scratch.Pointer = scratch.Pointer;
        foreach ((Variable variable, PlannedBuffer buffer) in _builder.Gradients)
        {
            buffer.Pointer = (byte*)(_builder.GradientBlock!.Memory.FloatPointer + _builder.GradientBlock.OffsetOf(variable));
        }

        // The constant stage fills its memory from end to end.
        return new PlanMemory(_arena.Allocate(), _persistent.Allocate(hugePages: true), scratch);
    }

    /// <summary>
    /// Runs the constant stage through the given action, in memory of its own that is freed afterwards, on the variables as they are now.
    /// </summary>
    public unsafe void WithConstantStageMemory(Action run)
    {
        foreach ((PlannedBuffer buffer, Variable variable, bool inRuns) in _builder.Variables)
        {
            if (inRuns)
            {
                variable.Keep();
            }

            buffer.Pointer = (byte*)variable.Pointer;
        }

        using AlignedMemory memory = _constantStage.Allocate();
        run();
    }

    private static void NoteUses(IReadOnlyList<KernelCall> calls)
    {
        for (int i = 0; i < calls.Count; i++)
        {
            foreach (PlannedBuffer buffer in calls[i].Buffers)
            {
                buffer.UsedAt(i);
            }
        }
    }

    private static void ShareMemoryInPlace(IReadOnlyList<KernelCall> calls)
    {
        for (int i = 0; i < calls.Count; i++)
        {
            KernelCall call = calls[i];
            if (!call.InPlace)
            {
                continue;
            }

            foreach (PlannedBuffer written in call.Writes)
            {
                if (written.Placement != Placement.Arena || written.FirstCall != i)
                {
                    continue;
                }

                PlannedBuffer? dying = call.Reads.FirstOrDefault(read =>
                    read.Root.Placement == Placement.Arena
                    && read.Root.LastCall == i
                    && read.Root.FirstCall < i
                    && read.Root.Bytes == written.Bytes
                    && call.Reads.Count(other => other.Root == read.Root) == 1);
                if (dying is not null)
                {
                    written.AliasTo(dying);
                }
            }
        }
    }

    /// <summary>One piece of scratch memory, as large as the neediest call asks, for all calls.</summary>
    private static PlannedBuffer LayOutScratch(IEnumerable<KernelCall> calls, int threads)
    {
        List<KernelCall> needing = [.. calls.Where(call => call.ScratchFloats > 0)];
        long floats = needing.Select(call => KernelCall.ScratchStride(call.ScratchFloats)).DefaultIfEmpty().Max() * threads;
        PlannedBuffer scratch = new(floats * sizeof(float), Placement.External, "scratch");
        foreach (KernelCall call in needing)
        {
            call.Scratch = scratch;
        }

        return scratch;
    }

    private IEnumerable<PlannedBuffer> Roots(IEnumerable<KernelCall> calls, Placement placement) => calls
        .SelectMany(call => call.Buffers)
        .Concat(_builder.ValueBuffers)
        .Select(buffer => buffer.Root)
        .Distinct()
        .Where(buffer => buffer.Placement == placement && buffer.LastCall >= 0);

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
