// A layer of one's own inside a small network. It says how a value is built from another; gradients, memory and the plan follow.
using Fovea.Data;
using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Training;

SmallNetwork network = new();
using ParameterStore state = new(network);
state.Initialize(seed: 1);

ComputeGraph graph = new(training: true);
Value logits = network.Forward(graph.Input("images", [64, 28, 28, 1]));
Value loss = logits.CrossEntropy(graph.Input("labels", [64], ElementType.Int32)).Mean(0);
graph.Output("loss", loss);
Gradients.Write(loss, state.Weights.Variables);
using GradientBlock gradients = new(state.Trained);
using Plan plan = Plan.Compile(graph, gradients: gradients);
using AdamW optimizer = new(gradients, weightDecay: 0.01, WeightDecay.Groups);

Console.WriteLine($"{state.ParameterCount} parameters: {string.Join(", ", state.Tensors.Keys)}");
DataLoaderOptions options = new() { BatchSize = 64, Seed = 1 };
using DataLoader loader = new(Datasets.Open("samples/fashion-mnist"), FashionMnist.Preprocessing, options);
foreach (Batch batch in loader.Epoch(0).Take(100))
{
    batch.Images.CopyTo(plan.Input("images"));
    batch.Labels.CopyTo(plan.IntegerInput("labels"));
    plan.Run();
    optimizer.Step(learningRate: 3e-3);
    if (batch.Number % 33 == 0)
    {
        Console.WriteLine($"step {batch.Number,2}  loss {plan.Output("loss")[0]:F3}");
    }
}

/// <summary>
/// A feed-forward network with a gate (arXiv 2002.05202, eq. 6): (…, C) to two wider halves, one of which, through GELU, decides how much
/// of the other goes back.
/// </summary>
internal sealed class GatedMlp : Module
{
    private readonly int _hidden;
    private readonly Linear _expand;
    private readonly Linear _project;

    public GatedMlp(int channels, int hidden)
    {
        _hidden = hidden;
        _expand = Add("fc1", new Linear(channels, 2 * hidden));
        _project = Add("fc2", new Linear(hidden, channels));
    }

    protected override Value Build(Value x)
    {
        Value halves = _expand.Forward(x);
        int axis = halves.Shape.Rank - 1;
        return _project.Forward(halves.Slice(axis, 0, _hidden).Gelu() * halves.Slice(axis, _hidden, _hidden));
    }
}

/// <summary>
/// Patches of 4×4 pixels, neighbours mixed by a depthwise convolution, channels by the layer above, then a classifier of the mean.
/// </summary>
internal sealed class SmallNetwork : Module
{
    private readonly Conv2d _patches;
    private readonly DepthwiseConv2d _neighbours;
    private readonly LayerNorm _norm;
    private readonly GatedMlp _channels;
    private readonly Linear _classifier;

    public SmallNetwork()
    {
        _patches = Add("patches", new Conv2d(1, 32, kernel: 4, stride: 4));
        _neighbours = Add("neighbours", new DepthwiseConv2d(32, kernel: 3, padding: 1));
        _norm = Add("norm", new LayerNorm(32));
        _channels = Add("channels", new GatedMlp(32, 64));
        _classifier = Add("classifier", new Linear(32, 10));
    }

    protected override Value Build(Value x)
    {
        x = _patches.Forward(x);
        x += _neighbours.Forward(x).Gelu();
        x += _channels.Forward(_norm.Forward(x));
        return _classifier.Forward(x.Pool());
    }
}
