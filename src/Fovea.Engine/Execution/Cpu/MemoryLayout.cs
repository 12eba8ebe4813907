using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>
/// The offsets of all buffers of a plan and the sizes of its regions. Laying out takes no memory itself, so that figures
/// are known beforehand.
/// </summary>
internal sealed unsafe class MemoryLayout
{
    private readonly PlanBuilder _builder;
    private readonly CpuBuffer _scratch;
    private readonly CpuBuffer[] _arena;
    private readonly CpuBuffer[] _constantStage;
    private readonly long _arenaBytes;
    private readonly long _constantStageBytes;

    /// <summary>Lays out the memory of calls.</summary>
    /// <param name="builder">The calls and their buffers.</param>
    /// <param name="threads">The number of threads that run the calls.</param>
    public MemoryLayout(PlanBuilder builder, int threads)
    {
        _builder = builder;
        KernelCall[] constantStage = [.. builder.Packing, .. builder.ConstantStage];
        NoteUses(constantStage);
        NoteUses(builder.Calls);
        ShareMemoryInPlace(builder.Calls);
        _scratch = LayOutScratch(constantStage.Concat(builder.Calls), threads);
        _arena = [.. Roots(builder.Calls, Placement.Arena)];
        _constantStage = [.. Roots(constantStage, Placement.ConstantStage)];
        _arenaBytes = MemoryPlanner.ShareOverTime(_arena);
        _constantStageBytes = MemoryPlanner.ShareOverTime(_constantStage);
    }

    /// <summary>The memory of a plan that shares no packed weights.</summary>
    public MemoryFigures Figures => FiguresWith(_builder.Constants.Sum(constant => MemoryPlanner.SizeOf(constant.Buffer)));

    /// <summary>The memory of a plan.</summary>
    /// <param name="persistent">The bytes of packed weights that the plan added to its store.</param>
    public MemoryFigures FiguresWith(long persistent) =>
        new(_arenaBytes + _builder.Boundary.Sum(MemoryPlanner.SizeOf), persistent, _scratch.Bytes);

    /// <summary>Takes the memory in which runs compute.</summary>
    public AlignedMemory AllocateArena() => Allocate(_arena, _arenaBytes);

    /// <summary>Takes the memory in which the constant stage computes.</summary>
    public AlignedMemory AllocateConstantStage() => Allocate(_constantStage, _constantStageBytes);

    /// <summary>Takes the working memory of the threads.</summary>
    public AlignedMemory AllocateScratch()
    {
        AlignedMemory memory = new(_scratch.Bytes);
        _scratch.Pointer = memory.Pointer;
        return memory;
    }

    private static AlignedMemory Allocate(CpuBuffer[] buffers, long bytes)
    {
        AlignedMemory memory = new(bytes);
        foreach (CpuBuffer buffer in buffers)
        {
            buffer.Pointer = memory.Pointer + buffer.Offset;
        }

        return memory;
    }

    private static void NoteUses(IReadOnlyList<KernelCall> calls)
    {
        for (int i = 0; i < calls.Count; i++)
        {
            foreach (CpuBuffer buffer in calls[i].Buffers)
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
            foreach (CpuBuffer written in call.Writes)
            {
                if (written.Placement != Placement.Arena || written.FirstCall != i)
                {
                    continue;
                }

                CpuBuffer? dying = call.Overwritable.FirstOrDefault(read =>
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
    private static CpuBuffer LayOutScratch(IEnumerable<KernelCall> calls, int threads)
    {
        List<KernelCall> needing = [.. calls.Where(call => call.ScratchFloats > 0)];
        long floats = needing.Select(call => KernelCall.ScratchStride(call.ScratchFloats)).DefaultIfEmpty().Max() * threads;
        CpuBuffer scratch = new(floats * sizeof(float), Placement.External, "scratch");
        foreach (KernelCall call in needing)
        {
            call.Scratch = scratch;
        }

        return scratch;
    }

    private IEnumerable<CpuBuffer> Roots(IEnumerable<KernelCall> calls, Placement placement) => calls
        .SelectMany(call => call.Buffers)
        .Concat(_builder.ValueBuffers)
        .Select(buffer => (CpuBuffer)buffer.Root)
        .Distinct()
        .Where(buffer => buffer.Placement == placement && buffer.LastCall >= 0);
}
