using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Execution.Cpu.KernelCalls;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>
/// The way of gradients into the gradient block. A call that can writes its result there at once; where gradients accumulate, they are
/// added as soon as they are computed; the rest is copied or added at the end of a run.
/// </summary>
internal sealed class GradientTargets
{
    private readonly ComputeGraph _graph;
    private readonly bool _accumulate;
    private readonly bool _wanted;
    private readonly Action<Variable>? _written;
    private readonly Dictionary<Value, Variable> _targets = [];
    private readonly Dictionary<Variable, CpuBuffer> _buffers = [];

    /// <summary>Finds the values that gradients are computed as.</summary>
    /// <param name="graph">The planned graph.</param>
    /// <param name="uses">The uses of its values.</param>
    /// <param name="options">The block, and the way it is written.</param>
    /// <exception cref="ArgumentException">
    /// The block has no place for a gradient of the graph, or there is none to accumulate in.
    /// </exception>
    public GradientTargets(ComputeGraph graph, UseInfo uses, PlanOptions options)
    {
        (_graph, _accumulate, _wanted) = (graph, options.Accumulate, options.Gradients is not null);
        _written = options.GradientWritten;
        if (options.Gradients is not ParameterBlock block)
        {
            if (_accumulate)
            {
                throw new ArgumentException("Gradients can only accumulate in a gradient block, and none was given.", nameof(options));
            }

            return;
        }

        foreach ((Variable variable, Value value) in graph.Gradients)
        {
            if (!block.Contains(variable))
            {
                throw new ArgumentException(
                    $"The graph writes the gradient of {variable.Name}, for which the gradient block has no place. "
                    + "Make the block of all variables that are trained, after the last of them was frozen or released.",
                    nameof(options));
            }

            // A constant is computed once for all runs and would not stay in a block that others write, too.
            Value root = PlanBuilder.RootOf(value);
            if (root.Producer.Operation is not (ReadVariable or Input) && !uses.IsConstant(root))
            {
                _targets.TryAdd(root, variable);
            }
        }
    }

    /// <summary>The buffers that alias parts of the block.</summary>
    public IReadOnlyDictionary<Variable, CpuBuffer> Buffers => _buffers;

    /// <summary>The buffer in the block that a value is written into; null where it is not.</summary>
    public CpuBuffer? TargetOf(Value value) =>
        !_accumulate && _targets.TryGetValue(value, out Variable? variable) ? BufferOf(variable) : null;

    /// <summary>The additions of a node's results to the block, and the word that they stand there.</summary>
    public IEnumerable<KernelCall> Additions(Node node, IReadOnlyDictionary<Value, CpuBuffer> buffers)
    {
        (CpuBuffer, CpuBuffer)[] sums = _accumulate
            ? [.. node.Outputs.Where(_targets.ContainsKey).Select(output => (buffers[output], BufferOf(_targets[output])))]
            : [];
        Variable[] written = [.. node.Outputs.Where(_targets.ContainsKey).Select(output => _targets[output])];
        return sums.Length == 0 ? Notes(written) : [new AccumulateCall(node, sums), .. Notes(written)];
    }

    /// <summary>The copies or additions of gradients that were computed elsewhere.</summary>
    public IEnumerable<KernelCall> Rest(IReadOnlyDictionary<Value, CpuBuffer> buffers)
    {
        (Variable Variable, Value Value)[] missing = _wanted
            ? [.. _graph.Gradients.Where(gradient => !_buffers.ContainsKey(gradient.Variable))]
            : [];
        if (missing.Length == 0)
        {
            return [];
        }

        (CpuBuffer, CpuBuffer)[] rest = [.. missing.Select(gradient => (buffers[gradient.Value], BufferOf(gradient.Variable)))];
        KernelCall call = _accumulate ? new AccumulateCall(null, rest) : new CopyCall("copy gradients", rest);
        return [call, .. Notes([.. missing.Select(gradient => gradient.Variable)])];
    }

    private IEnumerable<KernelCall> Notes(Variable[] variables) =>
        _written is null || variables.Length == 0 ? [] : [new NoteGradientsCall(variables, _written)];

    private CpuBuffer BufferOf(Variable variable)
    {
        CpuBuffer buffer = new(new TensorType(variable.Shape).Bytes, Placement.External, $"gradient of {variable.Name}");
        _buffers.Add(variable, buffer);
        return buffer;
    }
}
