using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Execution.Cpu.KernelCalls;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>
/// Turns a planned graph into kernel calls: gives every value a buffer, makes a call of every node and separates what depends on weights
/// alone. Where the buffers lie is decided afterwards, by <see cref="MemoryLayout"/>.
/// </summary>
internal sealed class PlanBuilder
{
    private const string AsItIs = "as it is";

    private readonly Dictionary<Value, CpuBuffer> _buffers = [];
    private readonly Dictionary<PackedForm, CpuBuffer> _packed = [];
    private readonly List<PlannedConstant> _constants = [];
    private readonly List<CpuBuffer> _boundary = [];
    private readonly HashSet<Value> _boundaryValues;
    private readonly List<PlannedVariable> _variables = [];
    private readonly List<KernelCall> _calls = [];
    private readonly List<PackCall> _packing = [];
    private readonly List<KernelCall> _constantStage = [];
    private readonly GradientTargets _gradients;
    private readonly bool _sameBitsInBatch;

    /// <summary>Makes the calls of a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="options">The gradients that the plan writes.</param>
    /// <exception cref="ArgumentException">The gradient block does not fit the graph.</exception>
    public PlanBuilder(ComputeGraph graph, PlanOptions options)
    {
        Graph = graph;
        Uses = new UseInfo(graph);
        _sameBitsInBatch = options.SameBitsInBatch;
        _gradients = new GradientTargets(graph, Uses, options);
        _boundaryValues = [.. graph.Inputs.Values, .. graph.Outputs.Values.Select(RootOf)];
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

    /// <summary>The uses of the graph's values.</summary>
    public UseInfo Uses { get; }

    /// <summary>The kernel calls of a run, in order.</summary>
    public IReadOnlyList<KernelCall> Calls => _calls;

    /// <summary>The calls that compute constants from variables alone, so that they need not wait for each other.</summary>
    public IReadOnlyList<PackCall> Packing => _packing;

    /// <summary>The calls that compute constants in order, after <see cref="Packing"/>.</summary>
    public IReadOnlyList<KernelCall> ConstantStage => _constantStage;

    /// <summary>The constants that runs read.</summary>
    public IReadOnlyList<PlannedConstant> Constants => _constants;

    /// <summary>The buffers of inputs and outputs.</summary>
    public IReadOnlyList<CpuBuffer> Boundary => _boundary;

    /// <summary>The buffers of all values; those of a value, its reshaped forms and slices that are read in place are the same.</summary>
    public IEnumerable<CpuBuffer> ValueBuffers => _buffers.Values;

    /// <summary>The buffers that alias the memory of variables.</summary>
    public IReadOnlyList<PlannedVariable> Variables => _variables;

    /// <summary>The buffers that alias the parts of the gradient block.</summary>
    public IReadOnlyDictionary<Variable, CpuBuffer> Gradients => _gradients.Buffers;

    /// <summary>The convolution that a kernel is chosen for: the one to compute, or that of a single image.</summary>
    /// <param name="convolution">The convolution to compute.</param>
    public ConvolutionGeometry ChosenFor(in ConvolutionGeometry convolution) =>
        _sameBitsInBatch ? convolution with { Batch = 1 } : convolution;

    /// <summary>The buffer a value lies in.</summary>
    public CpuBuffer BufferOf(Value value) => _buffers[value];

    /// <summary>True if a call or the caller reads a value.</summary>
    public bool IsRead(Value value) => Uses.IsResult(value) || Uses.Consumers(value).Count > 0;

    /// <summary>A buffer of packed weights, filled once by the given call; of one operand in one form there is one.</summary>
    /// <param name="operand">The constant value that is packed.</param>
    /// <param name="format">All that the packed form depends on beside the operand; formats that are equal give the same bits.</param>
    /// <param name="floats">The size.</param>
    /// <param name="pack">Makes the call that fills a buffer.</param>
    public CpuBuffer AddPacked(Value operand, string format, long floats, Func<CpuBuffer, PackCall> pack)
    {
        PackedForm form = new(operand, format);
        if (_packed.TryGetValue(form, out CpuBuffer? packed))
        {
            return packed;
        }

        packed = new CpuBuffer(floats * sizeof(float), Placement.Persistent, "packed weights");
        _packed.Add(form, packed);
        _constants.Add(new PlannedConstant(packed, operand, format));
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

    /// <summary>The value whose memory a reshaped value is.</summary>
    internal static Value RootOf(Value value) => value.Producer.Operation is Reshape ? RootOf(value.Producer.Inputs[0]) : value;

    private void Lower(Node node)
    {
        switch (node.Operation)
        {
            case Reshape:
                _buffers[node.Outputs[0]] = _buffers[node.Inputs[0]];
                return;
            case ReadVariable read:
                bool inRuns = !Uses.IsConstant(node.Outputs[0]) || LeavesConstantStage(node.Outputs[0]);
                _buffers[node.Outputs[0]] = BufferOfVariable(read.Variable, inRuns);
                return;
            case Slice when Lowering.ReadsInPlace(node, Uses):
                _buffers[node.Outputs[0]] = _buffers[node.Inputs[0]];
                return;
        }

        bool constant = Uses.IsConstant(node.Outputs[0]);
        foreach (Value output in node.Outputs)
        {
            _buffers[output] = _gradients.TargetOf(output) ?? MakeBuffer(output, constant);
        }

        if (node.Operation is Input)
        {
            return;
        }

        (constant ? _constantStage : _calls).Add(Lowering.CallFor(node, this));

        // At once, so that the memory of the gradient is free for others.
        _calls.AddRange(_gradients.Additions(node, _buffers));
    }

    private CpuBuffer BufferOfVariable(Variable variable, bool inRuns)
    {
        CpuBuffer buffer = new(new TensorType(variable.Shape).Bytes, Placement.External, variable.Name);
        _variables.Add(new PlannedVariable(buffer, variable, inRuns));
        return buffer;
    }

    private CpuBuffer MakeBuffer(Value output, bool constant)
    {
        bool boundary = _boundaryValues.Contains(output);
        bool persistent = constant && LeavesConstantStage(output);
        Placement placement = boundary ? Placement.Boundary
            : !constant ? Placement.Arena
            : persistent ? Placement.Persistent
            : Placement.ConstantStage;
        CpuBuffer buffer = new(output.Type.Bytes, placement, output.ToString());
        if (boundary)
        {
            _boundary.Add(buffer);
        }
        else if (persistent)
        {
            _constants.Add(new PlannedConstant(buffer, output, AsItIs));
        }

        return buffer;
    }

    private bool LeavesConstantStage(Value value) => Uses.IsResult(value) || Uses.Consumers(value).Any(consumer =>
        consumer.Operation is Reshape
            ? LeavesConstantStage(consumer.Outputs[0])
            : !Uses.IsConstant(consumer.Outputs[0]) && !Lowering.ReadsPacked(consumer, value));

    private void AddCopies()
    {
        _calls.AddRange(_gradients.Rest(_buffers));
        List<(CpuBuffer From, CpuBuffer To)> assignments =
            [.. Graph.Assignments.Select(assignment => (_buffers[assignment.Value], BufferOfVariable(assignment.Variable, inRuns: true)))];
        if (assignments.Count > 0)
        {
            _calls.Add(new CopyCall("assign variables", assignments));
        }
    }
}
