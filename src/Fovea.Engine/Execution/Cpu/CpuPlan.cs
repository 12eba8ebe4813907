using System.Diagnostics;
using Fovea.Engine.Graph;
using Fovea.Engine.Kernels;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>A graph compiled for the processor: kernel calls in order, with all memory laid out.</summary>
internal sealed unsafe class CpuPlan : Plan
{
    private readonly Lock _gate = new();
    private readonly MemoryLayout _layout;
    private readonly KernelCall[] _calls;
    private readonly ParallelJob[] _single = new ParallelJob[1];
    private readonly Dictionary<CpuBuffer, BoundaryMemory> _boundary = [];
    private readonly AlignedMemory _arena;
    private readonly AlignedMemory _scratch;
    private readonly ConstantStage _constants;
    private readonly CpuPackedWeights? _ownStore;
    private readonly DeviceMemory[] _variables;
    private readonly ParameterBlock? _gradients;
    private readonly WorkerPool _pool;
    private readonly RandomState _random = new();
    private bool _isDisposed;

    /// <summary>Lays out the memory, takes it, and computes what depends on weights alone.</summary>
    /// <param name="graph">The planned graph.</param>
    /// <param name="pool">The threads to run on.</param>
    /// <param name="options">Gradients and shared weights.</param>
    public CpuPlan(ComputeGraph graph, WorkerPool pool, PlanOptions options)
        : base(graph)
    {
        Builder = new PlanBuilder(graph, options);
        _layout = new MemoryLayout(Builder, pool.Threads);
        (_pool, _gradients) = (pool, options.Gradients);
        _calls = [.. Builder.Calls];
        foreach (KernelCall call in _calls)
        {
            call.Random = _random;
        }

        foreach (CpuBuffer buffer in Builder.Boundary)
        {
            _boundary.Add(buffer, new BoundaryMemory(buffer.Bytes));
            buffer.Pointer = _boundary[buffer].Pointer;
        }

        foreach ((Variable variable, CpuBuffer buffer) in Builder.Gradients)
        {
            buffer.Pointer = (byte*)(_gradients!.Memory.FloatPointer + _gradients.OffsetOf(variable));
        }

        _arena = _layout.AllocateArena();
        _scratch = _layout.AllocateScratch();
        CpuPackedWeights store = options.PackedWeights switch
        {
            null => _ownStore = new CpuPackedWeights(),
            CpuPackedWeights shared => shared,
            _ => throw new ArgumentException("The packed weights are those of another executor.", nameof(options)),
        };
        try
        {
            _constants = new ConstantStage(Builder, _layout, store, pool);
            _variables = [.. Builder.Variables.Where(variable => variable.InRuns).Select(variable => variable.Variable.Memory).Distinct()];
        }
        catch
        {
            _arena.Dispose();
            _scratch.Dispose();
            _ownStore?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override ulong Seed
    {
        get => _random.Seed;
        set => _random.Seed = value;
    }

    /// <inheritdoc/>
    public override ulong Iteration
    {
        get => _random.Iteration;
        set => _random.Iteration = value;
    }

    /// <inheritdoc/>
    public override MemoryFigures Memory => _layout.FiguresWith(_constants.AddedBytes);

    /// <summary>Calls and buffers, for tests and tables.</summary>
    internal PlanBuilder Builder { get; }

    /// <inheritdoc/>
    public override void Run()
    {
        lock (_gate)
        {
            Run(_calls);
        }

        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public override void Refresh()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _constants.Refresh();
        }

        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public override string? FindNonFinite()
    {
        lock (_gate)
        {
            foreach (KernelCall call in _calls)
            {
                _single[0] = call;
                Run(_single);
                foreach (Value output in call.Node?.Outputs ?? [])
                {
                    if (output.Type.ElementType == ElementType.Float32
                        && call.Writes.Contains(Builder.BufferOf(output))
                        && !IsFinite(output))
                    {
                        return call.Name;
                    }
                }
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Node? Node, TimeSpan Time)> Profile()
    {
        lock (_gate)
        {
            List<(string, Node?, TimeSpan)> times = [];
            foreach (KernelCall call in _calls)
            {
                _single[0] = call;
                long start = Stopwatch.GetTimestamp();
                Run(_single);
                times.Add((call.Name, call.Node, Stopwatch.GetElapsedTime(start)));
            }

            return times;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            _constants.Leave();
            _ownStore?.Dispose();
            _arena.Dispose();
            _scratch.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override Span<byte> Bytes(Value value)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        CpuBuffer buffer = Builder.BufferOf(value);
        return _boundary.TryGetValue(buffer, out BoundaryMemory? memory)
            ? memory.Span
            : new Span<byte>(buffer.Pointer, checked((int)value.Type.Bytes));
    }

    private void Run(ParallelJob[] calls)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        int entered = 0;
        PinnedMemory? gradients = _gradients?.Enter();
        try
        {
            for (; entered < _variables.Length; entered++)
            {
                _variables[entered].Enter();
            }

            _pool.Run(calls);
        }
        finally
        {
            while (entered > 0)
            {
                _variables[--entered].Leave();
            }

            gradients?.Leave();
        }
    }

    private bool IsFinite(Value value) => OptimizerKernels.AllFinite(Builder.BufferOf(value).Floats, (nint)value.Shape.Elements);
}
