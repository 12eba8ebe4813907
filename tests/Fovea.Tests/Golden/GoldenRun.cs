using Fovea.Engine.Compile;
using Fovea.Engine.Compile.Cpu;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>Builds what a case describes, runs it once and keeps what came out, in the layouts of checkpoints.</summary>
internal sealed class GoldenRun : IDisposable
{
    private readonly GoldenCase _golden;
    private readonly Module _module;
    private readonly Plan _plan;

    public GoldenRun(GoldenCase golden)
    {
        _golden = golden;
        _module = GoldenModules.Create(golden);
        State = new ModuleState(_module);
        Fill(golden, State);
        int[] shape = golden.InputShape;
        ComputeGraph graph = new(golden.Training);
        Value input = graph.Input("input", ChannelsLastShape(shape));
        Value output = _module.Forward(input);
        MultiplyAdds = graph.Nodes.Sum(node => node.MultiplyAdds) / shape[0];
        foreach ((string name, _) in golden.Entries("outputs"))
        {
            if (!name.Contains("_mean", StringComparison.Ordinal) || graph.Marks.ContainsKey(name))
            {
                graph.Output(name, name is "output" or "logits" ? output : graph.Marks[name]);
            }
        }

        if (golden.Has("loss"))
        {
            AddLoss(graph, input, output);
        }

        _plan = Plan.Compile(graph, gradientLayout: State.Weights);
        float[] values = GoldenFill.Tensor("input", shape);
        (shape.Length == 4 ? GoldenFill.ChannelsLast(values, shape) : values).CopyTo(_plan.Input("input"));
        if (golden.Has("loss"))
        {
            FillTargets(output);
        }

        _plan.Run();
    }

    public ModuleState State { get; }

    public long MultiplyAdds { get; }

    public double Loss => _plan.Output("loss")[0];

    public static Shape ChannelsLastShape(int[] shape) => shape.Length == 4 ? [shape[0], shape[2], shape[3], shape[1]] : Shape.Create(shape);

    /// <summary>Fills a module's state by the formula; position tables at another size first where the case says so.</summary>
    public static void Fill(GoldenCase golden, ModuleState state)
    {
        GoldenFill.Fill(state);
        if (GoldenModules.CreateForFilling(golden) is Cmt other)
        {
            using ModuleState filled = new(other);
            GoldenFill.Fill(filled);
            PositionTables.Resize(filled, state);
        }
    }

    /// <summary>An output, channels first where it is a map.</summary>
    public float[] Output(string name, int[] shape) =>
        shape.Length == 4 ? GoldenFill.ChannelsFirst(_plan.Output(name), shape) : _plan.Output(name).ToArray();

    /// <summary>The gradient of a parameter or of the input.</summary>
    public float[] Gradient(string name)
    {
        if (name == "input")
        {
            int[] shape = _golden.InputShape;
            ReadOnlySpan<float> gradient = _plan.Output("input gradient");
            return shape.Length == 4 ? GoldenFill.ChannelsFirst(gradient, shape) : gradient.ToArray();
        }

        Parameter tensor = State.Tensors[name];
        float[] values = new float[tensor.Shape.Elements];
        tensor.Layout.ToCheckpoint(tensor.Shape, _plan.Gradients.Slice((int)State.Weights.OffsetOf(tensor.Variable), values.Length), values);
        return values;
    }

    public float[] Tensor(string name)
    {
        Parameter tensor = State.Tensors[name];
        float[] values = new float[tensor.Shape.Elements];
        tensor.Layout.ToCheckpoint(tensor.Shape, tensor.Variable.Data, values);
        return values;
    }

    public void Dispose()
    {
        _plan.Dispose();
        State.Dispose();
    }

    private void AddLoss(ComputeGraph graph, Value input, Value output)
    {
        Value loss = _module is Network
            ? output.CrossEntropy(graph.Input("labels", [output.Shape[0]], ElementType.Int32)).Mean(0)
            : (output * graph.Input("grad_output", output.Shape)).Reshape([1, (int)output.Shape.Elements]).Sum(1).Reshape([1]);
        graph.Output("loss", loss);
        List<Value> targets = [.. State.Weights.Variables.Select(graph.Read), input];
        IReadOnlyList<Value?> gradients = Gradients.Of(loss, targets);
        for (int i = 0; i < State.Weights.Variables.Count; i++)
        {
            graph.WriteGradient(State.Weights.Variables[i], gradients[i]!);
        }

        graph.Output("input gradient", gradients[^1]!);
    }

    private void FillTargets(Value output)
    {
        if (_module is Network)
        {
            Span<int> labels = _plan.IntegerInput("labels");
            for (int i = 0; i < labels.Length; i++)
            {
                labels[i] = ((37 * i) + 11) % output.Shape.Last;
            }
        }
        else
        {
            int[] shape = GoldenCase.Ints(_golden.Root.GetProperty("outputs").GetProperty("output").GetProperty("shape"));
            float[] values = GoldenFill.Tensor("grad_output", shape);
            (shape.Length == 4 ? GoldenFill.ChannelsLast(values, shape) : values).CopyTo(_plan.Input("grad_output"));
        }
    }
}
