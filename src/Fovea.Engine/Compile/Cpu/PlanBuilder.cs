using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Compile.Cpu.KernelCalls;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>
/// Turns a planned graph into kernel calls: gives every value a buffer, makes a call of every node and separates what depends on weights
/// alone. Where the buffers lie is decided afterwards, by <see cref="MemoryLayout"/>.
/// </summary>
internal sealed class PlanBuilder
{
    private readonly Dictionary<Value, PlannedBuffer> _buffers = [];
    private readonly Dictionary<Value, Variable> _gradientTargets = [];
    private readonly List<(PlannedBuffer Buffer, Variable Variable, bool InRuns)> _variables = [];
    private readonly Dictionary<Variable, PlannedBuffer> _gradients = [];
    private readonly bool _accumulates;
    private readonly List<KernelCall> _calls = [];
    private readonly List<PackCall> _packing = [];
    private readonly List<KernelCall> _constantStage = [];

    /// <summary>Makes the calls of a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="gradients">The block that takes the graph's gradients, null where they are not wanted.</param>
    /// <param name="accumulate">True where gradients are added to the block rather than written over it.</param>
    public PlanBuilder(ComputeGraph graph, GradientBlock? gradients, bool accumulate)
    {
        Graph = graph;
        GradientBlock = gradients;
        _accumulates = accumulate;
        Uses = new UseInfo(graph);
        CheckGradients();
        if (gradients is not null)
        {
            ChooseGradientTargets();
        }

        foreach (Node node in graph.Nodes)
        {
            if (Uses.IsNeeded(node))
            {
                Lower(node);
            }
        }

        AddCopies();
    }

    /// <summary>The planned graph.</summary>
    public ComputeGraph Graph { get; }

    /// <summary>The block that takes the graph's gradients, null where they are not wanted.</summary>
    public GradientBlock? GradientBlock { get; }

    /// <summary>The uses of the graph's values.</summary>
    public UseInfo Uses { get; }

    /// <summary>The kernel calls of a run, in order.</summary>
    public IReadOnlyList<KernelCall> Calls => _calls;

    /// <summary>The calls that run once, before all runs: <see cref="Packing"/>, then those that wait for other calls.</summary>
    public IReadOnlyList<KernelCall> ConstantStage => [.. _packing, .. _constantStage];

    /// <summary>The part of <see cref="ConstantStage"/> whose calls do not wait for each other, since they read variables alone.</summary>
    public IReadOnlyList<PackCall> Packing => _packing;

    /// <summary>The buffers of all values; those of a value, its reshaped forms and slices that are read in place are the same.</summary>
    public IEnumerable<PlannedBuffer> ValueBuffers => _buffers.Values;

    /// <summary>
    /// The buffers that alias the memory of variables. <c>InRuns</c>: read during runs; otherwise only by the constant stage.
    /// </summary>
    public IReadOnlyList<(PlannedBuffer Buffer, Variable Variable, bool InRuns)> Variables => _variables;

    /// <summary>The buffers that stand for the variables' gradients, in the gradient block.</summary>
    public IReadOnlyDictionary<Variable, PlannedBuffer> Gradients => _gradients;

    /// <summary>The buffer a value lies in.</summary>
    public PlannedBuffer BufferOf(Value value) => _buffers[value];

    /// <summary>True if a call or the caller reads a value.</summary>
    public bool IsRead(Value value) => Uses.IsResult(value) || Uses.Consumers(value).Count > 0;

    /// <summary>A buffer of packed weights, filled once by the given call.</summary>
    public PlannedBuffer AddPacked(long floats, Func<PlannedBuffer, PackCall> pack)
    {
        PlannedBuffer packed = new(floats * sizeof(float), Placement.Persistent, "packed weights");
        PackCall call = pack(packed);
        if (call.ReadsVariables)
        {
            _packing.Add(call);
        }
        else
        {
            _constantStage.Add(call);
        }

        return packed;
    }

    private void CheckGradients()
    {
        if (_accumulates && GradientBlock is null)
        {
            throw new ArgumentException("Gradients can only accumulate in a gradient block, and none was given.");
        }

        foreach ((Variable variable, _) in Graph.Gradients)
        {
            if (GradientBlock?.Contains(variable) == false)
            {
                throw new ArgumentException(
                    $"The graph writes the gradient of {variable.Name}, for which the gradient block has no place. "
                    + "Make the block of all variables that are trained, and after the last of them was frozen or unfrozen.");
            }
        }
    }

    private void ChooseGradientTargets()
    {
        foreach ((Variable variable, Value value) in Graph.Gradients)
        {
            Value root = value;
            while (root.Producer.Operation is Reshape)
            {
                root = root.Producer.Inputs[0];
            }

            // A result of the constant stage would not stay in a block that others write, too: it is copied there in every run.
            if (root.Producer.Operation is not (ReadVariable or Input) && !Uses.IsConstant(root))
            {
                _gradientTargets.TryAdd(root, variable);
            }
        }
    }

    private void Lower(Node node)
    {
        switch (node.Operation)
        {
            case Reshape:
                _buffers[node.Outputs[0]] = _buffers[node.Inputs[0]];
                return;
            case ReadVariable read:
                _buffers[node.Outputs[0]] = BufferOfVariable(
                    read.Variable, inRuns: !Uses.IsConstant(node.Outputs[0]) || LeavesConstantStage(node.Outputs[0]));
                return;
            case Slice when Lowering.ReadsInPlace(node, Uses):
                _buffers[node.Outputs[0]] = _buffers[node.Inputs[0]];
                return;
        }

        bool constant = Uses.IsConstant(node.Outputs[0]);
        foreach (Value output in node.Outputs)
        {
            _buffers[output] = !_accumulates && _gradientTargets.TryGetValue(output, out Variable? variable)
                ? BufferOfGradient(variable)
                : MakeBuffer(output, constant);
        }

        if (node.Operation is Input)
        {
            return;
        }

        (constant ? _constantStage : _calls).Add(Lowering.CallFor(node, this));
        foreach (Value output in node.Outputs)
        {
            if (_accumulates && _gradientTargets.TryGetValue(output, out Variable? variable))
            {
                // At once, so that others can take the gradient's memory.
                _calls.Add(new AccumulateCall(node, [(_buffers[output], BufferOfGradient(variable))]));
            }
        }
    }

    private PlannedBuffer BufferOfVariable(Variable variable, bool inRuns)
    {
        PlannedBuffer buffer = new(new TensorType(variable.Shape).Bytes, Placement.External, variable.Name);
        _variables.Add((buffer, variable, inRuns));
        return buffer;
    }

    private PlannedBuffer BufferOfGradient(Variable variable)
    {
        PlannedBuffer buffer = new(new TensorType(variable.Shape).Bytes, Placement.External, $"gradient of {variable.Name}");
        _gradients.Add(variable, buffer);
        return buffer;
    }

    private PlannedBuffer MakeBuffer(Value output, bool constant)
    {
        Placement placement = !constant ? Placement.Arena : LeavesConstantStage(output) ? Placement.Persistent : Placement.ConstantStage;
        return new PlannedBuffer(output.Type.Bytes, placement, output.ToString());
    }

    private bool LeavesConstantStage(Value value) => Uses.IsResult(value) || Uses.Consumers(value).Any(consumer =>
        consumer.Operation is Reshape
            ? LeavesConstantStage(consumer.Outputs[0])
            : !Uses.IsConstant(consumer.Outputs[0]) && !Lowering.ReadsPacked(consumer, value));

    private void AddCopies()
    {
        List<(PlannedBuffer From, PlannedBuffer To)> copies = [];
        if (GradientBlock is not null)
        {
            foreach ((Variable variable, Value value) in Graph.Gradients)
            {
                if (!_gradients.ContainsKey(variable))
                {
                    copies.Add((_buffers[value], BufferOfGradient(variable)));
                }
            }

            if (_accumulates && copies.Count > 0)
            {
                _calls.Add(new AccumulateCall(null, copies));
                copies = [];
            }
        }

        foreach ((Variable variable, Value value) in Graph.Assignments)
        {
            copies.Add((_buffers[value], BufferOfVariable(variable, inRuns: true)));
        }

        if (copies.Count > 0)
        {
            _calls.Add(new CopyCall(copies));
        }
    }
}
