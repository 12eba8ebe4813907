// An operation of one's own with its gradient: rounding, whose gradient passes straight through (arXiv 1308.3432), so that weights
// of whole numbers can be learnt. The network must find the weights −1, 0 and 1 that made its examples.
using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;
using Fovea.Layers;

const int Batch = 32, Inputs = 24;
RoundedLinear layer = new(Inputs);
using ParameterStore state = new(layer);
state.Initialize(seed: 1);

ComputeGraph graph = new(training: true);
Value difference = layer.Forward(graph.Input("x", [Batch, Inputs])) - graph.Input("y", [Batch, 1]);
Value loss = (difference * difference).Mean(axes: [0, 1]);
graph.Output("loss", loss);
Gradients.Write(loss, state.Weights.Variables);
using GradientBlock gradients = new(state.Trained);
using Plan plan = Plan.Compile(graph, gradients: gradients);
using AdamW optimizer = new(gradients, weightDecay: 0);

Random random = new(1);
float[] truth = [.. Enumerable.Range(0, Inputs).Select(_ => (float)random.Next(-1, 2))];
for (int step = 0; step <= 300; step++)
{
    for (int row = 0; row < Batch; row++)
    {
        Span<float> x = plan.Input("x").Slice(row * Inputs, Inputs);
        float y = 0;
        for (int i = 0; i < Inputs; i++)
        {
            x[i] = random.NextSingle() - 0.5f;
            y += x[i] * truth[i];
        }

        plan.Input("y")[row] = y;
    }

    plan.Run();
    optimizer.Step(learningRate: 0.02);
    if (step % 100 == 0)
    {
        Console.WriteLine($"step {step,3}  loss {plan.Output("loss")[0]:F4}");
    }
}

int[] found = [.. state.Tensors["weight"].Variable.Data.ToArray().Select(weight => (int)MathF.Round(weight))];
Console.WriteLine($"{found.Zip(truth).Count(pair => pair.First == pair.Second)} of {Inputs} weights found: {string.Join(' ', found)}");

/// <summary>Rounds to whole numbers; the gradient is passed on as if it did not.</summary>
internal sealed record RoundStraightThrough : CustomOperation
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        return [inputs[0]];
    }

    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) => [outputGradients[0]];

    public override int Parts(Node node) => 1 + (int)(node.Outputs[0].Shape.Elements / 16384);

    public override void Compute(OperationRun run)
    {
        (int start, int end) = run.Share(run.Input().Length);
        for (int i = start; i < end; i++)
        {
            run.Output()[i] = MathF.Round(run.Input()[i]);
        }
    }
}

/// <summary>A linear layer to one number whose weights are rounded before they are used.</summary>
internal sealed class RoundedLinear : Module
{
    private readonly Parameter _weight;

    public RoundedLinear(int inputs) => _weight = Add("weight", new Parameter([1, inputs], Initializer.Uniform(0.4)));

    protected override Value Build(Value x) =>
        x.MatMul(x.Graph.Apply(new RoundStraightThrough(), x.Graph.Read(_weight)), transposeRight: true);
}
