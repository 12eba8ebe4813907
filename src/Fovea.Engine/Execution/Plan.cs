using System.Runtime.InteropServices;
using Fovea.Engine.Graph;

namespace Fovea.Engine.Execution;

/// <summary>
/// A graph made ready to run on a device: fill its named inputs, run it, read its named outputs. A plan has its own memory and serves one
/// caller at a time; several plans of one model run side by side. Running allocates nothing.
/// </summary>
public abstract class Plan : IDisposable
{
    /// <summary>Describes a plan.</summary>
    /// <param name="graph">The planned graph.</param>
    protected Plan(ComputeGraph graph) => Graph = graph;

    /// <summary>The planned graph: what is left after folding and fusing.</summary>
    public ComputeGraph Graph { get; }

    /// <summary>The seed of the plan's random numbers (dropout, drop path).</summary>
    public abstract ulong Seed { get; set; }

    /// <summary>The number of the training step, from which the plan's random numbers follow.</summary>
    public abstract ulong Iteration { get; set; }

    /// <summary>The memory of the plan.</summary>
    public abstract MemoryFigures Memory { get; }

    /// <summary>Compiles a graph by <see cref="Executor.Default"/>.</summary>
    /// <param name="graph">The graph. One that was built for inference has its normalisations folded and its weights packed once.</param>
    /// <param name="pool">The threads to run on; the shared pool where null.</param>
    /// <param name="gradients">The block that takes the graph's gradients. Plans may share one; it must outlive their runs.</param>
    /// <param name="accumulate">True to add gradients to what stands in the block in every run, false to write them over it.</param>
    /// <exception cref="ArgumentException">
    /// The block has no place for a gradient of the graph, or there is none to accumulate in.
    /// </exception>
    /// <exception cref="NotSupportedException">The device has no kernel for an operation.</exception>
    public static Plan Compile(ComputeGraph graph, WorkerPool? pool = null, ParameterBlock? gradients = null, bool accumulate = false) =>
        Compile(graph, new PlanOptions { Gradients = gradients, Accumulate = accumulate }, pool);

    /// <summary>Compiles a graph by <see cref="Executor.Default"/> with the given options.</summary>
    /// <param name="graph">The graph. One that was built for inference has its normalisations folded and its weights packed once.</param>
    /// <param name="options">Gradients, shared weights.</param>
    /// <param name="pool">The threads to run on; the shared pool where null.</param>
    /// <exception cref="ArgumentException">The options do not fit the graph or the device.</exception>
    /// <exception cref="NotSupportedException">The device has no kernel for an operation.</exception>
    public static Plan Compile(ComputeGraph graph, PlanOptions options, WorkerPool? pool = null) =>
        (pool is null ? Executor.Default : Executor.Default.On(pool)).Compile(graph, options);

    /// <summary>
    /// The memory that a plan of the graph would hold, by <see cref="Executor.Default"/>; no memory is taken and nothing runs.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="threads">The threads that would run it; as many as processors where null.</param>
    /// <param name="gradients">The block that would take the graph's gradients.</param>
    /// <param name="accumulate">True where gradients would be added to the block.</param>
    public static MemoryFigures Estimate(
        ComputeGraph graph, int? threads = null, ParameterBlock? gradients = null, bool accumulate = false) =>
        Executor.Default.Estimate(graph, new PlanOptions { Gradients = gradients, Accumulate = accumulate }, threads);

    /// <summary>Memory of an input of floats, row-major, to be filled before a run.</summary>
    /// <param name="name">The input's name.</param>
    /// <exception cref="KeyNotFoundException">The graph has no such input.</exception>
    /// <exception cref="InvalidOperationException">The input does not hold floats.</exception>
    /// <exception cref="ObjectDisposedException">The plan was disposed of.</exception>
    public Span<float> Input(string name) => MemoryMarshal.Cast<byte, float>(InputBytes(name, ElementType.Float32));

    /// <summary>Memory of an input of integers, row-major, to be filled before a run.</summary>
    /// <param name="name">The input's name.</param>
    /// <exception cref="KeyNotFoundException">The graph has no such input.</exception>
    /// <exception cref="InvalidOperationException">The input does not hold integers.</exception>
    /// <exception cref="ObjectDisposedException">The plan was disposed of.</exception>
    public Span<int> IntegerInput(string name) => MemoryMarshal.Cast<byte, int>(InputBytes(name, ElementType.Int32));

    /// <summary>Memory of an input of bytes, row-major, to be filled before a run.</summary>
    /// <param name="name">The input's name.</param>
    /// <exception cref="KeyNotFoundException">The graph has no such input.</exception>
    /// <exception cref="InvalidOperationException">The input does not hold bytes.</exception>
    /// <exception cref="ObjectDisposedException">The plan was disposed of.</exception>
    public Span<byte> ByteInput(string name) => InputBytes(name, ElementType.UInt8);

    /// <summary>Result of floats of the last run, row-major. The next run writes the same memory.</summary>
    /// <param name="name">The output's name.</param>
    /// <exception cref="KeyNotFoundException">The graph has no such output.</exception>
    /// <exception cref="InvalidOperationException">The output does not hold floats.</exception>
    /// <exception cref="ObjectDisposedException">The plan was disposed of.</exception>
    public ReadOnlySpan<float> Output(string name) => MemoryMarshal.Cast<byte, float>(OutputBytes(name, ElementType.Float32));

    /// <summary>Result of integers of the last run, row-major. The next run writes the same memory.</summary>
    /// <param name="name">The output's name.</param>
    /// <exception cref="KeyNotFoundException">The graph has no such output.</exception>
    /// <exception cref="InvalidOperationException">The output does not hold integers.</exception>
    /// <exception cref="ObjectDisposedException">The plan was disposed of.</exception>
    public ReadOnlySpan<int> IntegerOutput(string name) => MemoryMarshal.Cast<byte, int>(OutputBytes(name, ElementType.Int32));

    /// <summary>Runs the plan on what stands in its inputs.</summary>
    /// <exception cref="ObjectDisposedException">The plan, its variables or its gradient block were disposed of.</exception>
    public abstract void Run();

    /// <summary>Computes again what depends on weights alone. Call it after weights were changed.</summary>
    /// <exception cref="ObjectDisposedException">The plan or its variables were disposed of.</exception>
    public abstract void Refresh();

    /// <summary>Runs the plan call by call: name, node (null for copies at the end of a run) and time of each, in order.</summary>
    /// <exception cref="ObjectDisposedException">The plan, its variables or its gradient block were disposed of.</exception>
    public abstract IReadOnlyList<(string Name, Node? Node, TimeSpan Time)> Profile();

    /// <summary>
    /// Runs the plan call by call and names the first call one of whose results is not finite; null where all are. Slower than
    /// <see cref="Run"/>: for finding out why a loss is not a number. Gradients are written, or added, as in a run.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The plan, its variables or its gradient block were disposed of.</exception>
    public abstract string? FindNonFinite();

    /// <summary>Frees the plan's memory, after a run that is under way.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the plan's memory.</summary>
    /// <param name="disposing">True where <see cref="Dispose()"/> was called.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>Memory of an input or output as the host sees it, row-major.</summary>
    /// <param name="value">An input or output of <see cref="Graph"/>.</param>
    /// <exception cref="ObjectDisposedException">The plan was disposed of.</exception>
    protected abstract Span<byte> Bytes(Value value);

    private Span<byte> InputBytes(string name, ElementType elementType) => Bytes(Find(Graph.Inputs, name, "input", elementType));

    private Span<byte> OutputBytes(string name, ElementType elementType) => Bytes(Find(Graph.Outputs, name, "output", elementType));

    private static Value Find(IReadOnlyDictionary<string, Value> values, string name, string kind, ElementType elementType)
    {
        if (!values.TryGetValue(name, out Value? value))
        {
            throw new KeyNotFoundException($"The graph has no {kind} '{name}'; it has {string.Join(", ", values.Keys)}.");
        }

        return value.Type.ElementType == elementType
            ? value
            : throw new InvalidOperationException(
                $"The {kind} '{name}' holds {value.Type.ElementType}, not {elementType}: "
                + $"{AccessorOf(value.Type.ElementType, kind)} gives it.");
    }

    private static string AccessorOf(ElementType elementType, string kind) => elementType switch
    {
        ElementType.Int32 => $"Integer{char.ToUpperInvariant(kind[0])}{kind[1..]}",
        ElementType.UInt8 => "ByteInput",
        _ => kind == "input" ? "Input" : "Output",
    };
}
