using Fovea.Engine.Compile.Cpu.Steps;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>
/// Turns a planned graph into steps: gives every value a buffer, makes a step of every node and separates what depends on weights alone.
/// Where the buffers lie is decided afterwards, by <see cref="MemoryLayout"/>.
/// </summary>
internal sealed class PlanBuilder
{
    private readonly Dictionary<Value, PlannedBuffer> _buffers = [];
    private readonly Dictionary<Value, Variable> _gradientTargets = [];
    private readonly List<(PlannedBuffer Buffer, Variable Variable, bool InRuns)> _variables = [];
    private readonly Dictionary<Variable, PlannedBuffer> _gradients = [];
    private readonly bool _accumulates;
    private readonly List<Step> _steps = [];
    private readonly List<PackStep> _packing = [];
    private readonly List<Step> _preparation = [];

    /// <summary>Makes the steps of a graph.</summary>
    /// <param name="graph">What is computed.</param>
    /// <param name="gradients">The block that takes the graph's gradients, null where they are not wanted.</param>
    /// <param name="accumulate">True where gradients are added to the block rather than written over it.</param>
    public PlanBuilder(ComputeGraph graph, GradientBlock? gradients, bool accumulate)
    {
        Graph = graph;
        GradientBlock = gradients;
        _accumulates = accumulate;
        Uses = new Uses(graph);
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

    /// <summary>What is computed.</summary>
    public ComputeGraph Graph { get; }

    /// <summary>The block that takes the graph's gradients, null where they are not wanted.</summary>
    public GradientBlock? GradientBlock { get; }

    /// <summary>How the graph uses its values.</summary>
    public Uses Uses { get; }

    /// <summary>What each run does.</summary>
    public IReadOnlyList<Step> Steps => _steps;

    /// <summary>What is done once for all runs: <see cref="Packing"/>, then what waits for other steps.</summary>
    public IReadOnlyList<Step> Preparation => [.. _packing, .. _preparation];

    /// <summary>The part of <see cref="Preparation"/> whose steps do not wait for each other, since they read variables alone.</summary>
    public IReadOnlyList<PackStep> Packing => _packing;

    /// <summary>The buffers of all values; those of a value, its reshaped forms and slices that are read in place are the same.</summary>
    public IEnumerable<PlannedBuffer> ValueBuffers => _buffers.Values;

    /// <summary>The buffers that stand for variables, whose memory is the variables' own; those that runs do not touch are only read while others are prepared of them.</summary>
    public IReadOnlyList<(PlannedBuffer Buffer, Variable Variable, bool InRuns)> Variables => _variables;

    /// <summary>The buffers that stand for the variables' gradients, in the gradient block.</summary>
    public IReadOnlyDictionary<Variable, PlannedBuffer> Gradients => _gradients;

    /// <summary>The buffer a value lies in.</summary>
    public PlannedBuffer BufferOf(Value value) => _buffers[value];

    /// <summary>Whether any step or caller reads a value.</summary>
    public bool IsRead(Value value) => Uses.IsResult(value) || Uses.Consumers(value).Count > 0;

    /// <summary>A buffer of packed weights, filled once by the given step.</summary>
    public PlannedBuffer Prepare(long floats, Func<PlannedBuffer, PackStep> pack)
    {
        PlannedBuffer packed = new(floats * sizeof(float), Placement.Persistent, "packed weights");
        PackStep step = pack(packed);
        if (step.ReadsVariables)
        {
            _packing.Add(step);
        }
        else
        {
            _preparation.Add(step);
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
                    $"The graph writes the gradient of {variable.Name}, for which the gradient block has no place. Make the block of all variables that are trained, "
                    + "and after the last of them was frozen or released.");
            }
        }
    }

    private void ChooseGradientTargets()
    {
        foreach ((Variable variable, Value value) in Graph.Gradients)
        {
            Value home = value;
            while (home.Producer.Operation is Reshape)
            {
                home = home.Producer.Inputs[0];
            }

            // What is computed once for all runs does not stay in a block that others write, too.
            if (home.Producer.Operation is not (ReadVariable or Input) && !Uses.IsConstant(home))
            {
                _gradientTargets.TryAdd(home, variable);
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
                _buffers[node.Outputs[0]] = BufferOfVariable(read.Variable, inRuns: !Uses.IsConstant(node.Outputs[0]) || LeavesPreparation(node.Outputs[0]));
                return;
            case Slice when Lowering.ReadsInPlace(node, Uses):
                _buffers[node.Outputs[0]] = _buffers[node.Inputs[0]];
                return;
        }

        bool constant = Uses.IsConstant(node.Outputs[0]);
        foreach (Value output in node.Outputs)
        {
            _buffers[output] = !_accumulates && _gradientTargets.TryGetValue(output, out Variable? variable) ? BufferOfGradient(variable) : MakeBuffer(output, constant);
        }

        if (node.Operation is Input)
        {
            return;
        }

        (constant ? _preparation : _steps).Add(Lowering.StepFor(node, this));
        if (_accumulates)
        {
            // At once, so that the memory of the gradient is free for others.
            foreach (Value output in node.Outputs)
            {
                if (_gradientTargets.TryGetValue(output, out Variable? variable))
                {
                    Accumulate(node, [(_buffers[output], BufferOfGradient(variable))]);
                }
            }
        }
    }

    private void Accumulate(Node node, IReadOnlyList<(PlannedBuffer From, PlannedBuffer To)> sums) => _steps.Add(new AccumulateStep(sums)
    {
        Node = node,
        Reads = [.. sums.Select(sum => sum.From)],
        Writes = [.. sums.Select(sum => sum.To)],
    });

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
        Placement placement = !constant ? Placement.Arena : LeavesPreparation(output) ? Placement.Persistent : Placement.Preparation;
        return new PlannedBuffer(output.Type.Bytes, placement, output.ToString());
    }

    private bool LeavesPreparation(Value value) => Uses.IsResult(value) || Uses.Consumers(value).Any(consumer =>
        consumer.Operation is Reshape ? LeavesPreparation(consumer.Outputs[0]) : !Uses.IsConstant(consumer.Outputs[0]) && !Lowering.ReadsPacked(consumer, value));

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
                Accumulate(Graph.Nodes[^1], [.. copies]);
                copies.Clear();
            }
        }

        foreach ((Variable variable, Value value) in Graph.Assignments)
        {
            copies.Add((_buffers[value], BufferOfVariable(variable, inRuns: true)));
        }

        if (copies.Count > 0)
        {
            _steps.Add(new CopyStep(copies) { Node = Graph.Nodes[^1], Reads = [.. copies.Select(copy => copy.From)], Writes = [.. copies.Select(copy => copy.To)] });
        }
    }
}
