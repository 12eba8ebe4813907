using Fovea.Engine.Compile.Cpu.KernelCalls;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Graph;
using Fovea.Engine.Kernels;
using Fovea.Engine.Memory;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>
/// A graph compiled for this processor: kernel calls in order, with all memory laid out. A plan has its own memory and serves one caller at
/// a time; several plans of one model run side by side. Running allocates nothing.
/// </summary>
public sealed class Plan : IDisposable
{
    private readonly ComputeGraph _graph;
    private readonly PlanBuilder _builder;
    private readonly MemoryLayout _layout;
    private readonly PlanMemory _memory;
    private readonly KernelCall[] _calls;
    private readonly ParallelJob[] _constantStage;
    private readonly WorkerPool _pool;
    private readonly GradientBlock? _gradients;
    private readonly RandomState _random = new();

    private Plan(PlanBuilder builder, MemoryLayout layout, WorkerPool pool)
    {
        _graph = builder.Graph;
        _builder = builder;
        _layout = layout;
        _memory = layout.Allocate();
        _pool = pool;
        _gradients = builder.GradientBlock;
        _calls = [.. builder.Calls];
        _constantStage = builder.Packing.Count == 0
            ? [.. builder.ConstantStage]
            : [new JoinedPackCalls(builder.Packing), .. builder.ConstantStage.Skip(builder.Packing.Count)];
        foreach (KernelCall call in _calls)
        {
            call.Random = _random;
        }

        Refresh();
    }

    /// <summary>The seed of the plan's random numbers (dropout, drop path).</summary>
    public ulong Seed
    {
        get => _random.Seed;
        set => _random.Seed = value;
    }

    /// <summary>The number of the training step, which the plan's random numbers depend on.</summary>
    public ulong Iteration
    {
        get => _random.Iteration;
        set => _random.Iteration = value;
    }

    /// <summary>The planned graph: what is left after folding and fusing.</summary>
    public ComputeGraph Graph => _graph;

    /// <summary>The memory the plan holds, by kind.</summary>
    public MemoryFigures Memory => _layout.Figures;

    /// <summary>Calls and buffers, for tests and tables.</summary>
    internal PlanBuilder Builder => _builder;

    /// <summary>Compiles a graph.</summary>
    /// <param name="graph">The graph. One that was built for inference has its normalisations folded and its weights packed once.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <param name="gradients">The block that takes the graph's gradients. Several plans may share one; it must outlive their runs.</param>
    /// <param name="accumulate">True to add gradients to those that stand in the block in every run, false to write them over.</param>
    /// <exception cref="ArgumentException">
    /// The block lacks a variable whose gradient the graph writes, or there is none to add to.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The block was disposed of.</exception>
    public static Plan Compile(ComputeGraph graph, WorkerPool? pool = null, GradientBlock? gradients = null, bool accumulate = false)
    {
        pool ??= WorkerPool.Shared;
        PlanBuilder builder = new(Optimize(graph), gradients, accumulate);
        return new Plan(builder, new MemoryLayout(builder, pool.Threads), pool);
    }

    /// <summary>
    /// The memory that a plan of the graph would hold. Everything is planned as for a run, but no memory is taken and nothing runs.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="threads">The number of threads that would run it; by default that of the processors.</param>
    /// <param name="gradients">The block that would take the graph's gradients.</param>
    /// <param name="accumulate">True where gradients would be added to the block.</param>
    public static MemoryFigures Estimate(
        ComputeGraph graph, int? threads = null, GradientBlock? gradients = null, bool accumulate = false) =>
        new MemoryLayout(new PlanBuilder(Optimize(graph), gradients, accumulate), threads ?? Environment.ProcessorCount).Figures;

    /// <summary>Compiles a graph as it stands, each element-wise node by itself: what the passes are held against.</summary>
    internal static Plan CompileUnfused(ComputeGraph graph, WorkerPool pool, GradientBlock? gradients = null, bool accumulate = false)
    {
        PlanBuilder builder = new(new FusePointwise(maxMembers: 1).Run(graph), gradients, accumulate);
        return new Plan(builder, new MemoryLayout(builder, pool.Threads), pool);
    }

    /// <summary>
    /// Moves constant scales and shifts of channels into the products in front of them, so that batch normalisations vanish from an
    /// inference graph: what other formats than a plan begin with, too.
    /// </summary>
    public static ComputeGraph Fold(ComputeGraph graph) => new FoldAffineIntoLinear().Run(graph);

    /// <summary>Runs the passes that do not depend on the processor.</summary>
    public static ComputeGraph Optimize(ComputeGraph graph) => Pipeline.Run(graph);

    /// <summary>Runs the constant stage again. Call it after weights were changed.</summary>
    public void Refresh() => _layout.WithConstantStageMemory(() => _pool.Run(_constantStage));

    /// <summary>The memory of an input, to be filled before a run.</summary>
    /// <exception cref="KeyNotFoundException">The graph has no such input.</exception>
    public Span<float> Input(string name) => Floats(Find(_graph.Inputs, name, "input"));

    /// <summary>The memory of an input of integers, to be filled before a run.</summary>
    /// <exception cref="KeyNotFoundException">The graph has no such input.</exception>
    public unsafe Span<int> IntegerInput(string name)
    {
        Value value = Find(_graph.Inputs, name, "input");
        return new Span<int>(_builder.BufferOf(value).Integers, (int)value.Shape.Elements);
    }

    /// <summary>A result of the last run. The memory is used again by the next one.</summary>
    /// <exception cref="KeyNotFoundException">The graph has no such output.</exception>
    public ReadOnlySpan<float> Output(string name) => Floats(Find(_graph.Outputs, name, "output"));

    /// <summary>Runs the plan on what stands in its inputs.</summary>
    /// <exception cref="ObjectDisposedException">The gradient block was disposed of.</exception>
    public void Run() => Run(_calls);

    /// <summary>
    /// Runs the plan call by call and names the first call one of whose results is not finite; null where all are.
    /// Slower than <see cref="Run()"/>: for finding out why a loss is not a number. Gradients are written, or added, as in a run.
    /// </summary>
    public string? FindNonFinite()
    {
        ParallelJob[] single = new ParallelJob[1];
        foreach (KernelCall call in _calls)
        {
            single[0] = call;
            Run(single);
            foreach (Value output in call.Node?.Outputs ?? [])
            {
                if (output.Type.ElementType == ElementType.Float32 && call.Writes.Contains(_builder.BufferOf(output)) && !IsFinite(output))
                {
                    return call.Name;
                }
            }
        }

        return null;
    }

    /// <summary>The kernel calls of a run in order: name, node (null for copies at the end of a run) and time.</summary>
    public IReadOnlyList<(string Name, Node? Node, TimeSpan Time)> Profile()
    {
        List<(string, Node?, TimeSpan)> times = [];
        ParallelJob[] single = new ParallelJob[1];
        foreach (KernelCall call in _calls)
        {
            single[0] = call;
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            Run(single);
            times.Add((call.Name, call.Node, System.Diagnostics.Stopwatch.GetElapsedTime(start)));
        }

        return times;
    }

    /// <summary>Frees the plan's memory.</summary>
    public void Dispose() => _memory.Dispose();

    private void Run(ParallelJob[] jobs)
    {
        AlignedMemory? gradients = _gradients?.Enter();
        try
        {
            _pool.Run(jobs);
        }
        finally
        {
            gradients?.Leave();
        }
    }

    private static Value Find(IReadOnlyDictionary<string, Value> values, string name, string kind) =>
        values.TryGetValue(name, out Value? value)
            ? value
            : throw new KeyNotFoundException($"The graph has no {kind} '{name}'; it has {string.Join(", ", values.Keys)}.");

    private unsafe bool IsFinite(Value value) => OptimizerKernels.AllFinite(_builder.BufferOf(value).Floats, (nint)value.Shape.Elements);

    private unsafe Span<float> Floats(Value value) => new(_builder.BufferOf(value).Floats, (int)value.Shape.Elements);
}
