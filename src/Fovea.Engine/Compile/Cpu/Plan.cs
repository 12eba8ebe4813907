using Fovea.Engine.Compile.Cpu.Steps;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Memory;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>
/// A graph compiled for this processor: steps in order, with all memory laid out. A plan has its own memory and runs one call at a time;
/// several plans of one model run side by side. Running allocates nothing.
/// </summary>
public sealed class Plan : IDisposable
{
    private readonly ComputeGraph _graph;
    private readonly PlanBuilder _builder;
    private readonly MemoryLayout _layout;
    private readonly PlanMemory _memory;
    private readonly Step[] _steps;
    private readonly Work[] _preparation;
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
        _steps = [.. builder.Steps];
        _preparation = builder.Packing.Count == 0 ? [.. builder.Preparation] : [new JoinedPackSteps(builder.Packing), .. builder.Preparation.Skip(builder.Packing.Count)];
        foreach (Step step in _steps)
        {
            step.Random = _random;
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
        get => _random.Step;
        set => _random.Step = value;
    }

    /// <summary>The planned graph: what is left after folding and fusing.</summary>
    public ComputeGraph Graph => _graph;

    /// <summary>The memory the plan holds, by kind.</summary>
    public MemoryFigures Memory => _layout.Figures;

    /// <summary>Steps and buffers, for tests and tables.</summary>
    internal PlanBuilder Builder => _builder;

    /// <summary>Compiles a graph.</summary>
    /// <param name="graph">What to compute. A graph that was built for inference has its normalisations folded and its weights packed once.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <param name="gradients">The block that takes the graph's gradients. Several plans may share one; it must outlive their runs.</param>
    /// <param name="accumulate">True to add gradients to what stands in the block in every run, false to write them over it.</param>
    /// <exception cref="ArgumentException">The block has no place for a gradient that the graph writes, or there is none to accumulate in.</exception>
    /// <exception cref="ObjectDisposedException">The block was disposed of.</exception>
    public static Plan Compile(ComputeGraph graph, WorkerPool? pool = null, GradientBlock? gradients = null, bool accumulate = false)
    {
        pool ??= WorkerPool.Shared;
        PlanBuilder builder = new(Optimize(graph), gradients, accumulate);
        return new Plan(builder, new MemoryLayout(builder, pool.Threads), pool);
    }

    /// <summary>The memory that a plan of the graph would hold. Everything is planned as for a run, but no memory is taken and nothing runs.</summary>
    /// <param name="graph">What would be computed.</param>
    /// <param name="threads">How many threads would run it; as many as there are processors where it is not given.</param>
    /// <param name="gradients">The block that would take the graph's gradients.</param>
    /// <param name="accumulate">True where gradients would be added to the block.</param>
    public static MemoryFigures Estimate(ComputeGraph graph, int? threads = null, GradientBlock? gradients = null, bool accumulate = false) =>
        new MemoryLayout(new PlanBuilder(Optimize(graph), gradients, accumulate), threads ?? Environment.ProcessorCount).Figures;

    /// <summary>Compiles a graph as it stands, each element-wise node by itself: what the passes are held against.</summary>
    internal static Plan CompileUnfused(ComputeGraph graph, WorkerPool pool, GradientBlock? gradients = null, bool accumulate = false)
    {
        PlanBuilder builder = new(new FusePointwise(maxMembers: 1).Run(graph), gradients, accumulate);
        return new Plan(builder, new MemoryLayout(builder, pool.Threads), pool);
    }

    /// <summary>
    /// Moves constant scales and shifts of channels into the products in front of them, so that batch normalisations vanish from an inference graph:
    /// what other formats than a plan begin with, too.
    /// </summary>
    public static ComputeGraph Fold(ComputeGraph graph) => new FoldIntoProducts().Run(graph);

    /// <summary>Runs the passes that do not depend on the processor.</summary>
    public static ComputeGraph Optimize(ComputeGraph graph)
    {
        if (!graph.Training)
        {
            graph = new FoldShortcuts().Run(Fold(graph));
        }

        graph = new FusePointwise().Run(new FuseEpilogues().Run(graph));
        return graph.Training ? new RecomputeForBackward().Run(graph) : graph;
    }

    /// <summary>Computes again what depends on weights alone. Call it after weights were changed.</summary>
    public void Refresh() => _layout.WithPreparationMemory(() => _pool.Run(_preparation));

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
    public void Run() => Run(_steps);

    /// <summary>
    /// Runs the plan step by step and names the first step one of whose results is not finite; null where all are.
    /// Slower than <see cref="Run"/>: for finding out why a loss is not a number. Gradients are written, or added, as in a run.
    /// </summary>
    public string? FindNonFinite()
    {
        Work[] single = new Work[1];
        foreach (Step step in _steps)
        {
            single[0] = step;
            Run(single);
            foreach (Value output in step.Node.Outputs)
            {
                if (output.Type.ElementType == ElementType.Float32 && step.Writes.Contains(_builder.BufferOf(output)) && !IsFinite(output))
                {
                    return step.Node.ToString();
                }
            }
        }

        return null;
    }

    /// <summary>The steps of a run in order, with the time that each took, for profiles.</summary>
    public IReadOnlyList<(Node Node, TimeSpan Time)> Profile()
    {
        List<(Node, TimeSpan)> times = [];
        Work[] single = new Work[1];
        foreach (Step step in _steps)
        {
            single[0] = step;
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            Run(single);
            times.Add((step.Node, System.Diagnostics.Stopwatch.GetElapsedTime(start)));
        }

        return times;
    }

    /// <summary>Frees the plan's memory.</summary>
    public void Dispose() => _memory.Dispose();

    private void Run(Work[] steps)
    {
        AlignedMemory? gradients = _gradients?.Enter();
        try
        {
            _pool.Run(steps);
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

    private unsafe bool IsFinite(Value value) => Kernels.OptimizerKernels.AllFinite(_builder.BufferOf(value).Floats, (nint)value.Shape.Elements);

    private unsafe Span<float> Floats(Value value) => new(_builder.BufferOf(value).Floats, (int)value.Shape.Elements);
}
