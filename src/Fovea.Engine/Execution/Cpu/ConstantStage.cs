using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Execution.Cpu.KernelCalls;
using Fovea.Engine.Graph;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>
/// The part of a plan that depends on weights alone: it is computed into the store of packed weights when the plan is made, as far as no
/// other plan has computed it yet, and again as a whole by <see cref="Refresh"/>.
/// </summary>
internal sealed unsafe class ConstantStage
{
    private readonly PlanBuilder _builder;
    private readonly MemoryLayout _layout;
    private readonly WorkerPool _pool;
    private readonly ParallelJob[] _calls;
    private readonly List<AlignedMemory> _regions = [];

    /// <summary>Computes what the store lacks.</summary>
    /// <param name="builder">The plan's calls and buffers.</param>
    /// <param name="layout">The sizes of the plan's regions.</param>
    /// <param name="store">The store.</param>
    /// <param name="pool">The threads to run on.</param>
    public ConstantStage(PlanBuilder builder, MemoryLayout layout, CpuPackedWeights store, WorkerPool pool)
    {
        (_builder, _layout, _pool) = (builder, layout, pool);
        _calls = Join(builder.Packing, builder.ConstantStage);
        lock (store.Gate)
        {
            Bind(store);
        }
    }

    /// <summary>The bytes that this plan added to the store.</summary>
    public long AddedBytes { get; private set; }

    /// <summary>Computes all constants of the plan again, from the variables as they are now.</summary>
    public void Refresh() => Run(_calls);

    /// <summary>Gives the store's memory up.</summary>
    public void Leave()
    {
        _regions.ForEach(region => region.Leave());
        _regions.Clear();
    }

    private static ParallelJob[] Join(IReadOnlyList<PackCall> packing, IReadOnlyList<KernelCall> others) =>
        packing.Count == 0 ? [.. others] : [new JoinedPackCalls(packing), .. others];

    private void Bind(CpuPackedWeights store)
    {
        Dictionary<Value, ConstantKey> known = [];
        List<MissingConstant> missing = [];
        foreach ((CpuBuffer buffer, Value source, string format) in _builder.Constants)
        {
            ConstantKey key = store.Keys.Of(source, known);
            if (store.Find(key, format) is { } place)
            {
                buffer.Pointer = place.Region.Pointer + place.Offset;
                Enter(place.Region);
            }
            else
            {
                missing.Add(new MissingConstant(new StoredForm(key, format), buffer));
            }
        }

        AddedBytes = MemoryPlanner.PlaceInRow(missing.Select(constant => constant.Buffer));
        if (missing.Count == 0)
        {
            Run(CallsFor([]));
            return;
        }

        // Everything in the region is written, from end to end.
        AlignedMemory added = new(AddedBytes, hugePages: true);
        try
        {
            foreach (MissingConstant constant in missing)
            {
                constant.Buffer.Pointer = added.Pointer + constant.Buffer.Offset;
            }

            Run(CallsFor([.. missing.Select(constant => constant.Buffer)]));
        }
        catch
        {
            added.Dispose();
            Leave();
            throw;
        }

        store.Add(added, missing);
        Enter(added);
    }

    private void Enter(AlignedMemory region)
    {
        if (!_regions.Contains(region))
        {
            region.Enter();
            _regions.Add(region);
        }
    }

    /// <summary>
    /// The calls that constants are computed by, with those that their operands are computed by; and those of constant outputs, which
    /// belong to the plan.
    /// </summary>
    private ParallelJob[] CallsFor(HashSet<PlannedBuffer> wanted)
    {
        List<KernelCall> calls = [];
        foreach (KernelCall call in _builder.ConstantStage.Reverse())
        {
            if (call.Writes.Any(written => written.Placement == Placement.Boundary || wanted.Contains(written)))
            {
                calls.Add(call);
                wanted.UnionWith(call.Reads.Where(read => read.Placement == Placement.ConstantStage));
            }
        }

        calls.Reverse();
        return Join([.. _builder.Packing.Where(call => call.Writes.Any(wanted.Contains))], calls);
    }

    /// <summary>Runs calls in memory of their own that is freed afterwards, on the variables as they are now.</summary>
    private void Run(ParallelJob[] calls)
    {
        if (calls.Length == 0 && _builder.Variables.All(variable => !variable.InRuns))
        {
            return;
        }

        List<DeviceMemory> entered = [];
        try
        {
            foreach ((CpuBuffer buffer, Variable variable, bool inRuns) in _builder.Variables)
            {
                if (inRuns)
                {
                    variable.Keep();
                }
                else if (calls.Length == 0)
                {
                    continue;
                }

                if (!variable.IsExternal && !entered.Contains(variable.Memory))
                {
                    variable.Memory.Enter();
                    entered.Add(variable.Memory);
                }

                buffer.Pointer = (byte*)variable.Pointer;
            }

            using AlignedMemory memory = _layout.AllocateConstantStage();
            _pool.Run(calls);
        }
        finally
        {
            entered.ForEach(memory => memory.Leave());
        }
    }
}
