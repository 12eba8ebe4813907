using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Golden;

/// <summary>Builds what a case describes, runs it once and keeps what came out, in the layouts of checkpoints.</summary>
internal sealed class GoldenRun : IDisposable
{
    private const string EvaluationLogits = "logits_eval";
    private readonly GoldenCase _golden;
    private readonly Module _module;
    private readonly GradientBlock _gradients;
    private readonly Plan _plan;
    private readonly float[] _evaluation;

    public GoldenRun(GoldenCase golden)
    {
        _golden = golden;
        _module = GoldenModules.Create(golden);
        State = new ParameterStore(_module);
        Fill(golden, State);
        MultiplyAdds = CountMultiplyAdds();
        _evaluation = golden.Entries("outputs").Any(output => output.Name == EvaluationLogits) ? Evaluate() : [];

        ComputeGraph graph = new(golden.Training);
        Value output = Build(graph);
        foreach ((string name, _) in golden.Entries("outputs"))
        {
            // torchvision's name for a stage is layer.
            string stage = name.Replace("layer", "stage", StringComparison.Ordinal);
            if (graph.Marks.TryGetValue(name, out Value? marked) || graph.Marks.TryGetValue(stage, out marked))
            {
                graph.Output(name, marked);
            }
            else if (name is "output" or "logits")
            {
                graph.Output(name, output);
            }
            else if (graph.Nodes.LastOrDefault(node => IsInside(node.Path, name)) is Node last)
            {
                graph.Output(name, last.Outputs[0]);
            }
        }

        if (golden.Has("loss"))
        {
            AddLoss(graph, output);
        }

        _gradients = new GradientBlock(State.Trained);
        _plan = Plan.Compile(graph, gradients: _gradients);
        FillInputs(_plan);

        if (golden.Has("loss"))
        {
            FillTargets(graph, output);
        }

        _plan.Run();
    }

    public ParameterStore State { get; }

    public long MultiplyAdds { get; }

    public double Loss => _plan.Output("loss")[0];

    public static Shape ChannelsLastShape(int[] shape) =>
        shape.Length == 4 ? [shape[0], shape[2], shape[3], shape[1]] : Shape.Create(shape);

    /// <summary>Fills a module's state by the formula; position tables at another size first where the case says so.</summary>
    public static void Fill(GoldenCase golden, ParameterStore state)
    {
        GoldenFill.Fill(state);
        if (CmtGolden.CreateForFilling(golden) is Module other)
        {
            using ParameterStore filled = new(other);
            GoldenFill.Fill(filled);
            PositionTransfer.Resize(filled, state);
        }
    }

    /// <summary>Whether the run gives an output; a mean over one is worked out from it.</summary>
    public bool Gives(string name) => name == EvaluationLogits || _plan.Graph.Outputs.ContainsKey(name);

    /// <summary>An output, channels first where it is a map.</summary>
    public float[] Output(string name, int[] shape) =>
        ToChannelsFirst(name == EvaluationLogits ? _evaluation : _plan.Output(name), shape);

    /// <summary>The gradient of a parameter or of an input.</summary>
    public float[] Gradient(string name)
    {
        if (_golden.Inputs.FirstOrDefault(input => input.Name == name).Shape is int[] shape)
        {
            return ToChannelsFirst(_plan.Output($"gradient of {name}"), shape);
        }

        Parameter tensor = State.Tensors[name];
        float[] values = new float[tensor.Shape.Elements];
        tensor.Layout.ToCheckpoint(tensor.Shape, _gradients.Of(tensor.Variable), values);
        return values;
    }

    /// <summary>
    /// How far rounding moves each gradient, relative to its norm: the largest difference to runs whose inputs are off by up to a
    /// millionth, which is what float32 makes of them within a few layers. Changes the run's results.
    /// </summary>
    public IReadOnlyDictionary<string, double> GradientSpread => field ??= MeasureGradientSpread();

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
        _gradients.Dispose();
        State.Dispose();
    }

    private static float[] ToChannelsLast(float[] values, int[] shape) =>
        shape.Length == 4 ? GoldenFill.ChannelsLast(values, shape) : values;

    private static float[] ToChannelsFirst(ReadOnlySpan<float> values, int[] shape) =>
        shape.Length == 4 ? GoldenFill.ChannelsFirst(values, shape) : values.ToArray();

    private static bool IsInside(string path, string module) =>
        path == module || path.StartsWith($"{module}.", StringComparison.Ordinal);

    private void FillInputs(Plan plan)
    {
        foreach ((string name, int[] shape, float[] values) in _golden.Inputs)
        {
            ToChannelsLast(values, shape).CopyTo(plan.Input(name));
        }
    }

    /// <summary>Results of the module in evaluation, before a step of training changes its running statistics.</summary>
    private float[] Evaluate()
    {
        ComputeGraph graph = new();
        graph.Output("logits", Build(graph));
        using Plan plan = Plan.Compile(graph);
        FillInputs(plan);
        plan.Run();
        return plan.Output("logits").ToArray();
    }

    /// <summary>
    /// Declares all inputs, of which units find the further ones by name in the graph, and builds the module on the first.
    /// </summary>
    private Value Build(ComputeGraph graph, int? batch = null)
    {
        foreach ((string name, int[] shape, _) in _golden.Inputs)
        {
            Shape declared = ChannelsLastShape(shape);
            graph.Input(name, batch is int samples ? declared.With(0, samples) : declared);
        }

        return _module.Forward(graph.Inputs.Values.First());
    }

    /// <summary>Multiply-adds are those of one sample, where the first axis counts samples at all: a table of two axes has none.</summary>
    private long CountMultiplyAdds()
    {
        ComputeGraph graph = new(_golden.Training);
        Build(graph, _golden.Inputs.First().Shape.Length == 2 ? null : 1);
        return NetworkSummary.MultiplyAddsOf(graph);
    }

    private Dictionary<string, double> MeasureGradientSpread()
    {
        Dictionary<string, GradientFigures> original = _golden.Entries("gradients")
            .ToDictionary(entry => entry.Name, entry => GradientFigures.Of(entry.Value).OfSame(Gradient(entry.Name)));
        Dictionary<string, double> spread = original.Keys.ToDictionary(name => name, _ => 0.0);
        for (int attempt = 0; attempt < 8; attempt++)
        {
            foreach ((string name, int[] shape, float[] values) in _golden.Inputs)
            {
                float[] noise = GoldenFill.Tensor($"input.rounding.{attempt}", shape);
                float[] rounded = [.. values.Zip(noise, (value, rounding) => value * (1 + (1e-6f * rounding)))];
                ToChannelsLast(rounded, shape).CopyTo(_plan.Input(name));
            }

            _plan.Run();
            foreach ((string name, GradientFigures figures) in original)
            {
                spread[name] = Math.Max(spread[name], figures.Difference(Gradient(name)));
            }
        }

        return spread;
    }

    private void AddLoss(ComputeGraph graph, Value output)
    {
        Value loss = IsClassifier
            ? ClassificationObjective.Loss(GoldenNetwork.Of(_module)!, output, graph.Input("labels", [output.Shape[0]], ElementType.Int32))
            : IsSegmentation
            ? PixelLoss(graph, output)
            : _golden.LossOutputs.Select(name => Product(name, graph.Outputs[name])).Aggregate((left, right) => left + right);
        graph.Output("loss", loss);
        string[] inputs = [.. _golden.Inputs.Select(input => input.Name)];
        List<Value> targets = [.. State.Weights.Variables.Select(graph.Read), .. inputs.Select(name => graph.Inputs[name])];
        IReadOnlyList<Value?> gradients = Gradients.Of(loss, targets);
        for (int i = 0; i < State.Weights.Variables.Count; i++)
        {
            graph.WriteGradient(State.Weights.Variables[i], gradients[i]!);
        }

        for (int i = 0; i < inputs.Length; i++)
        {
            Value input = graph.Inputs[inputs[i]];
            graph.Output($"gradient of {inputs[i]}", gradients[State.Weights.Variables.Count + i] ?? graph.Filled(input.Shape, 0));
        }

        Value Product(string name, Value result) =>
            (result * graph.Input(GradientName(name), result.Shape)).Reshape([1, (int)result.Shape.Elements]).Sum(1).Reshape([1]);
    }

    /// <summary>Whether the loss is cross entropy: a whole network, unless the case names outputs whose gradients are given.</summary>
    private bool IsClassifier => GoldenNetwork.Of(_module) is not null && !_golden.Options.TryGetProperty("loss_outputs", out _);

    /// <summary>Whether the loss is that of a segmentation head, whose labels stand in the case as a rule.</summary>
    private bool IsSegmentation => _golden.Has("label");

    private Value PixelLoss(ComputeGraph graph, Value logits)
    {
        Value labels = graph.Input("labels", Shape.Create(LabelShape), ElementType.Int32);
        return DecodeHead.Loss(logits, labels, _golden.Option("align_corners", false)) * (float)_golden.Option("loss_weight", 1.0);
    }

    private int[] LabelShape => GoldenCase.Ints(_golden.Root.GetProperty("label").GetProperty("shape"));

    private string GradientName(string output) => _golden.Options.TryGetProperty("loss_outputs", out _) ? $"grad.{output}" : "grad_output";

    private void FillTargets(ComputeGraph graph, Value output)
    {
        if (IsClassifier)
        {
            Span<int> labels = _plan.IntegerInput("labels");
            for (int i = 0; i < labels.Length; i++)
            {
                labels[i] = ((37 * i) + 11) % output.Shape.Last;
            }

            return;
        }

        if (IsSegmentation)
        {
            Span<int> labels = _plan.IntegerInput("labels");
            for (int i = 0; i < labels.Length; i++)
            {
                labels[i] = i % 13 == 0 ? -1 : ((37 * i) + 11) % output.Shape.Last;
            }

            return;
        }

        foreach (string name in _golden.LossOutputs)
        {
            int[] shape = GoldenCase.Ints(_golden.Root.GetProperty("outputs").GetProperty(name).GetProperty("shape"));
            ToChannelsLast(GoldenFill.Tensor(GradientName(name), shape), shape).CopyTo(_plan.Input(GradientName(name)));
        }
    }
}
