using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Tests.Compile;

/// <summary>
/// Small networks drawn at random: products, windows, element-wise operations, reductions, reshapes, residuals, values used many times,
/// values between that are outputs. One seed is always one network.
/// </summary>
internal sealed class RandomGraphs : IDisposable
{
    private static readonly UnaryKind[] _functions =
        [UnaryKind.Gelu, UnaryKind.Relu, UnaryKind.Silu, UnaryKind.Sigmoid, UnaryKind.Tanh, UnaryKind.Negate];

    private readonly Random _random;
    private readonly List<Value> _values = [];
    private readonly Dictionary<string, Variable> _variables = [];

    public RandomGraphs(int seed, bool training)
    {
        _random = new Random(seed);
        Graph = new ComputeGraph(training);
        int channels = 1 + _random.Next(9);
        _values.Add(Graph.Input("x", [1 + _random.Next(3), 1 + _random.Next(6), 1 + _random.Next(6), channels]));
        for (int i = 0; i < 22; i++)
        {
            Value next = Next();
            _values.Add(next);
            if (_random.Next(6) == 0)
            {
                Graph.Output($"between {i}", next);
            }
        }

        Value joined = _values.TakeLast(4)
            .Select(value => value.Reshape([1, (int)value.Shape.Elements]).Mean(1))
            .Aggregate((a, b) => a + b);
        Graph.Output("last", _values[^1]);
        Graph.Output("joined", joined);
        Block = GraphRun.Block([.. _variables.Values]);
        if (training)
        {
            Engine.Compile.Gradients.Write(joined.Reshape([1]), Block.Variables);
            IReadOnlyList<Value?> gradient = Engine.Compile.Gradients.Of(joined.Reshape([1]), [_values[0]]);
            Graph.Output("gradient", gradient[0] ?? Graph.Filled(_values[0].Shape, 0));
        }
    }

    public ComputeGraph Graph { get; }

    public VariableBlock Block { get; }

    /// <summary>A new block for the gradients of a plan.</summary>
    public GradientBlock Gradients() => new(Block.Variables);

    public Dictionary<string, float[]> Inputs => new() { ["x"] = GraphRun.Values("x", _values[0].Shape) };

    public void Dispose() => Block.Dispose();

    private Value Next()
    {
        Value x = Pick();
        int channels = x.Shape.Last;
        switch (_random.Next(16))
        {
            case 0:
            case 1:
                int width = 1 + _random.Next(9);
                return x.MatMul(Weights([width, channels]), transposeRight: true);
            case 2:
                return x.DepthwiseConvolution(Weights([3, 3, channels]), new WindowSpec(3, 1, 1));
            case 3:
                return x.Convolution(Weights([1 + _random.Next(6), 3, 3, channels]), new WindowSpec(3, 1, 1));
            case 4:
            case 5:
                return x.Graph.Apply(new Unary(_functions[_random.Next(_functions.Length)]), x);
            case 6:
                return x + Weights([channels]);
            case 7:
                return x * Weights(_random.Next(3) switch { 0 => [channels], 1 => [1], _ => Shape.Scalar });
            case 8:
                return (_random.Next(2) == 0 ? x - Weights([channels]) : Weights([channels]) - x) * 0.7f;
            case 9:
                int first = _random.Next(4);
                return x * x.Mean([.. Enumerable.Range(first, 1 + _random.Next(4 - first))]).Sigmoid();
            case 10:
                return x.Sum(axes: [0, 1, 2]) * (1f / x.Shape[0]) + x;
            case 11:
                return x.Reshape([x.Shape[0], x.Shape[1] * x.Shape[2], channels]).Tanh().Reshape(x.Shape);
            case 12:
                (Value mean, Value variance) = x.BatchStatistics();
                return (x - mean) * (variance + 0.5f).ReciprocalSqrt() * Weights([channels]) + Weights([channels]);
            case 13:
                return x.LayerNormalization(Weights([channels]), Weights([channels]), 0.1f);
            default:
                // A residual, or a value with itself.
                Value other = _values.LastOrDefault(value => value != x && value.Shape.Equals(x.Shape)) ?? x;
                return _random.Next(3) == 0 ? (x * other).Tanh() : x + other;
        }
    }

    private Value Pick() => _values[_random.Next(3) > 0 ? ^1 : _random.Next(_values.Count)];

    private Value Weights(Shape shape)
    {
        // Some weights are read by several layers.
        string name = $"w{_random.Next(4)} {shape}";
        if (!_variables.TryGetValue(name, out Variable? variable))
        {
            _variables.Add(name, variable = new Variable(name, shape, trainable: true));
        }

        return Graph.Read(variable);
    }
}
