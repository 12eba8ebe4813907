using Fovea.Engine;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;

namespace Fovea.Tests.Reference;

/// <summary>Numbers for small networks, and how far results are apart.</summary>
internal static class SmallRun
{
    /// <summary>The largest relative error of one rounding to float.</summary>
    public const double Rounding = 1.0 / (1 << 24);

    // A prime, so that no two rows of a matrix are alike.
    private const int TableLength = 65521;

    private static readonly float[] _table = Draw();

    /// <summary>
    /// Fills weights so that values keep their size from layer to layer, with running statistics near mean 0 and variance 1; quick for the largest networks.
    /// Where values grew, their attentions would choose one key each, and where they faded, logits would depend on the last bias alone.
    /// </summary>
    /// <param name="state">The weights and running statistics.</param>
    /// <param name="graph">The network's graph.</param>
    public static void Fill(ParameterStore state, ComputeGraph graph)
    {
        // SiLU halves small values; in a residual network without it, the branches are added to ever more.
        bool fades = graph.Nodes.Any(node => node.Operation is Unary { Kind: UnaryKind.Silu });
        foreach ((string name, Parameter tensor) in state.Tensors)
        {
            bool matrix = tensor.CheckpointShape.Rank >= 2;
            bool normalizes = state.Tensors.ContainsKey(name.Replace("weight", "running_var", StringComparison.Ordinal));
            double spread = matrix ? Math.Sqrt(3.0 * tensor.CheckpointShape[0] / tensor.Shape.Elements) : 0.1;
            double middle = name.EndsWith("running_var", StringComparison.Ordinal) ? 1
                : matrix || !name.EndsWith("weight", StringComparison.Ordinal) ? 0
                : normalizes && fades ? 1.7
                : name.EndsWith("bn3.weight", StringComparison.Ordinal) ? 0.2
                : 1;
            int start = (int)(KeyedRandom.KeyOf(name) % TableLength);
            Span<float> values = tensor.Variable.Data;
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)(middle + (spread * _table[(start + i) % TableLength]));
            }
        }
    }

    /// <summary>Pixels between −2 and 2.</summary>
    public static float[] Pixels(Shape shape) => [.. Enumerable.Range(0, (int)shape.Elements).Select(i => 2 * _table[i * 7 % TableLength])];

    /// <summary>The largest distance between elements.</summary>
    public static double Distance(ReadOnlySpan<float> want, ReadOnlySpan<float> got)
    {
        Assert.Equal(want.Length, got.Length);
        double largest = 0;
        for (int i = 0; i < want.Length; i++)
        {
            double distance = Math.Abs((double)want[i] - got[i]);
            largest = double.IsNaN(distance) ? double.PositiveInfinity : Math.Max(largest, distance);
        }

        return largest;
    }

    /// <summary>
    /// How many roundings explain a difference of two runs of a graph: the results of its products follow each other, and each is a sum of some hundred terms,
    /// whose roundings add up like steps in random directions.
    /// </summary>
    public static double Roundings(ComputeGraph graph) => 16 * Math.Sqrt(graph.Nodes.Count(node => node.MultiplyAdds > 0));

    private static float[] Draw()
    {
        KeyedRandom random = new(23, 1);
        return [.. Enumerable.Range(0, TableLength).Select(_ => (float)random.NextDouble(-1, 1))];
    }
}
