using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>
/// Turns a planned graph into steps and memory: gives every value a buffer, makes a step of every node, separates what depends on weights alone,
/// and lays everything out.
/// </summary>
internal sealed class PlanBuilder
{
    private readonly Dictionary<Value, PlannedBuffer> _buffers = [];
    private readonly Dictionary<Value, Variable> _gradientTargets = [];
    private readonly List<Step> _steps = [];
    private readonly List<Step> _preparation = [];
    private readonly ComputeGraph _graph;
    private readonly int _threads;

    /// <summary>Builds the steps of a graph and lays out their memory.</summary>
    public PlanBuilder(ComputeGraph graph, VariableBlock? gradientLayout, int threads)
    {
        _graph = graph;
        _threads = threads;
        Uses = new Uses(graph);
        if (gradientLayout is not null)
        {
            GradientMemory = new AlignedMemory(Math.Max(gradientLayout.Length, 1) * sizeof(float));
        }

        ChooseGradientTargets(gradientLayout);
        foreach (Node node in graph.Nodes)
        {
            if (Uses.IsNeeded(node))
            {
                Lower(node, gradientLayout);
            }
        }

        AddCopies(gradientLayout);
        LayOut();
    }

    /// <summary>How the graph uses its values.</summary>
    public Uses Uses { get; }

    /// <summary>What each run does.</summary>
    public Step[] Steps => [.. _steps];

    /// <summary>What is done once for all runs.</summary>
    public Step[] Preparation => [.. _preparation];

    /// <summary>The memory of values while a run goes on.</summary>
    public AlignedMemory Arena { get; private set; } = null!;

    /// <summary>The memory of what is computed once.</summary>
    public AlignedMemory Persistent { get; private set; } = null!;

    /// <summary>The memory that threads work in.</summary>
    public AlignedMemory Scratch { get; private set; } = null!;

    /// <summary>The memory of gradients, null where none are computed.</summary>
    public AlignedMemory? GradientMemory { get; }

    /// <summary>Memory that is needed only while the preparation runs, in bytes.</summary>
    public long PreparationBytes { get; private set; }

    /// <summary>The buffer a value lies in.</summary>
    public PlannedBuffer BufferOf(Value value) => _buffers[value];

    /// <summary>Whether any step or caller reads a value.</summary>
    public bool IsRead(Value value) => Uses.IsResult(value) || Uses.Consumers(value).Count > 0;

    /// <summary>A buffer of packed weights, filled once by the given step.</summary>
    public PlannedBuffer Prepare(long floats, Func<PlannedBuffer, Step> pack)
    {
        PlannedBuffer packed = new(floats * sizeof(float), Placement.Persistent, "packed weights");
        _preparation.Add(pack(packed));
        return packed;
    }

    /// <summary>Gives the preparation's own memory, runs it through the given action and frees the memory again.</summary>
    public unsafe void WithPreparationMemory(Action run)
    {
        List<PlannedBuffer> buffers = [.. Homes(_preparation).Where(buffer => buffer.Placement == Placement.Preparation)];
        (IReadOnlyDictionary<PlannedBuffer, long> offsets, long bytes) = MemoryPlanner.Plan(buffers);
        PreparationBytes = bytes;
        using AlignedMemory memory = new(bytes);
        foreach (PlannedBuffer buffer in buffers)
        {
            buffer.Pointer = memory.Pointer + offsets[buffer];
        }

        run();
    }

    private void ChooseGradientTargets(VariableBlock? layout)
    {
        if (layout is null)
        {
            return;
        }

        foreach ((Variable variable, Value value) in _graph.Gradients)
        {
            Value home = value;
            while (home.Producer.Operation is Reshape)
            {
                home = home.Producer.Inputs[0];
            }

            if (home.Producer.Operation is not (ReadVariable or Input or Constant or IndexTable))
            {
                _gradientTargets.TryAdd(home, variable);
            }
        }
    }

    private unsafe void Lower(Node node, VariableBlock? gradientLayout)
    {
        switch (node.Operation)
        {
            case Reshape:
                _buffers[node.Outputs[0]] = _buffers[node.Inputs[0]];
                return;
            case ReadVariable read:
                _buffers[node.Outputs[0]] = new PlannedBuffer(node.Outputs[0].Type.Bytes, Placement.External, read.Variable.Name) { Pointer = (byte*)read.Variable.Pointer };
                return;
        }

        bool constant = Uses.IsConstant(node.Outputs[0]);
        foreach (Value output in node.Outputs)
        {
            _buffers[output] = MakeBuffer(output, constant, gradientLayout);
        }

        if (node.Operation is Input)
        {
            return;
        }

        (constant ? _preparation : _steps).Add(Lowering.StepFor(node, this));
    }

    private unsafe PlannedBuffer MakeBuffer(Value output, bool constant, VariableBlock? gradientLayout)
    {
        if (_gradientTargets.TryGetValue(output, out Variable? variable))
        {
            return new PlannedBuffer(output.Type.Bytes, Placement.External, $"gradient of {variable.Name}")
            {
                Pointer = (byte*)(GradientMemory!.FloatPointer + gradientLayout!.OffsetOf(variable)),
            };
        }

        Placement placement = !constant ? Placement.Arena : LeavesPreparation(output) ? Placement.Persistent : Placement.Preparation;
        return new PlannedBuffer(output.Type.Bytes, placement, output.ToString());
    }

    private bool LeavesPreparation(Value value) => Uses.IsResult(value) || Uses.Consumers(value).Any(consumer =>
        consumer.Operation is Reshape ? LeavesPreparation(consumer.Outputs[0]) : !Uses.IsConstant(consumer.Outputs[0]) && !Lowering.ReadsPacked(consumer, value));

    private unsafe void AddCopies(VariableBlock? layout)
    {
        List<(PlannedBuffer From, PlannedBuffer To)> copies = [];
        foreach ((Variable variable, Value value) in _graph.Gradients)
        {
            byte* target = layout is null ? null : (byte*)(GradientMemory!.FloatPointer + layout.OffsetOf(variable));
            if (target is not null && _buffers[value].Pointer != target)
            {
                copies.Add((_buffers[value], new PlannedBuffer(value.Type.Bytes, Placement.External, $"gradient of {variable.Name}") { Pointer = target }));
            }
        }

        foreach ((Variable variable, Value value) in _graph.Assignments)
        {
            copies.Add((_buffers[value], new PlannedBuffer(value.Type.Bytes, Placement.External, variable.Name) { Pointer = (byte*)variable.Pointer }));
        }

        if (copies.Count > 0)
        {
            _steps.Add(new Steps.CopyStep(copies) { Node = _graph.Nodes[^1], Reads = [.. copies.Select(copy => copy.From)], Writes = [.. copies.Select(copy => copy.To)] });
        }
    }

    private unsafe void LayOut()
    {
        NoteUses(_preparation);
        NoteUses(_steps);
        foreach (Value value in _graph.Inputs.Values.Concat(_graph.Outputs.Values))
        {
            // Inputs and outputs belong to the caller between runs: they keep their memory throughout.
            _buffers[value].UsedAt(0);
            _buffers[value].UsedAt(_steps.Count);
        }

        ShareMemoryInPlace();
        PlannedBuffer? scratch = AddScratch();
        Scratch = new AlignedMemory(scratch?.Bytes ?? 0);
        if (scratch is not null)
        {
            scratch.Pointer = Scratch.Pointer;
        }

        Arena = Allocate(_steps, Placement.Arena);
        Persistent = Allocate(_preparation.Concat(_steps), Placement.Persistent);
    }

    private static void NoteUses(List<Step> steps)
    {
        for (int i = 0; i < steps.Count; i++)
        {
            foreach (PlannedBuffer buffer in steps[i].Reads.Concat(steps[i].Writes).Concat(steps[i].Temporaries))
            {
                buffer.UsedAt(i);
            }
        }
    }

    private void ShareMemoryInPlace()
    {
        for (int i = 0; i < _steps.Count; i++)
        {
            Step step = _steps[i];
            if (!step.InPlace)
            {
                continue;
            }

            foreach (PlannedBuffer written in step.Writes)
            {
                if (written.Placement != Placement.Arena || written.FirstStep != i)
                {
                    continue;
                }

                PlannedBuffer? dying = step.Reads.FirstOrDefault(read =>
                    read.Home.Placement == Placement.Arena
                    && read.Home.LastStep == i
                    && read.Home.FirstStep < i
                    && read.Home.Bytes == written.Bytes
                    && step.Reads.Count(other => other.Home == read.Home) == 1);
                if (dying is not null)
                {
                    written.MoveInto(dying);
                }
            }
        }
    }

    private PlannedBuffer? AddScratch()
    {
        List<Step> needing = [.. _preparation.Concat(_steps).Where(step => step.ScratchFloats > 0)];
        if (needing.Count == 0)
        {
            return null;
        }

        long floats = needing.Max(step => Step.ScratchStride(step.ScratchFloats)) * _threads;
        PlannedBuffer scratch = new(floats * sizeof(float), Placement.External, "scratch");
        foreach (Step step in needing)
        {
            step.Scratch = scratch;
        }

        return scratch;
    }

    private IEnumerable<PlannedBuffer> Homes(IEnumerable<Step> steps) =>
        steps.SelectMany(step => step.Reads.Concat(step.Writes).Concat(step.Temporaries)).Concat(_buffers.Values).Select(buffer => buffer.Home).Distinct();

    private unsafe AlignedMemory Allocate(IEnumerable<Step> steps, Placement placement)
    {
        List<PlannedBuffer> buffers = [.. Homes(steps).Where(buffer => buffer.Placement == placement && buffer.LastStep >= 0)];
        IReadOnlyDictionary<PlannedBuffer, long> offsets;
        long bytes = 0;
        if (placement == Placement.Arena)
        {
            (offsets, bytes) = MemoryPlanner.Plan(buffers);
        }
        else
        {
            Dictionary<PlannedBuffer, long> rows = [];
            foreach (PlannedBuffer buffer in buffers)
            {
                rows.Add(buffer, bytes);
                bytes += ((buffer.Bytes + 63) / 64 * 64) + 64;
            }

            offsets = rows;
        }

        AlignedMemory memory = new(bytes);
        foreach (PlannedBuffer buffer in buffers)
        {
            buffer.Pointer = memory.Pointer + offsets[buffer];
        }

        return memory;
    }
}
