using Fovea.Engine;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;

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
    /// Weights that keep values of a size, no weight at 0, and running statistics near mean 0 and variance 1; quick for the largest
    /// networks. The branches of bottlenecks begin small, as they do in training: where values grew from block to block, attentions would
    /// choose one key each.
    /// </summary>
    public static void Fill(ParameterStore state)
    {
        foreach ((string name, Parameter tensor) in state.Tensors)
        {
            bool matrix = tensor.CheckpointShape.Rank >= 2;
            float spread = matrix ? (float)Math.Sqrt(3.0 * tensor.CheckpointShape[0] / tensor.Shape.Elements) : 0.1f;
            bool factor = name.EndsWith("running_var", StringComparison.Ordinal) || name.EndsWith("weight", StringComparison.Ordinal);
            float middle = name.EndsWith("bn3.weight", StringComparison.Ordinal) ? 0.2f : factor && !matrix ? 1 : 0;
            int next = (int)(KeyedRandom.KeyOf(name) % TableLength);
            foreach (ref float value in tensor.Variable.Data)
            {
                value = middle + (spread * _table[next]);
                next = next + 1 == TableLength ? 0 : next + 1;
            }
        }
    }

    /// <summary>
    /// Lets running statistics become those of an image, by training runs without steps: SiLU halves small values, so that with others the
    /// logits of a deep network would hardly depend on the image.
    /// </summary>
    public static void Settle(Network network, float[] pixels)
    {
        ComputeGraph graph = new(training: true);
        graph.Output("logits", network.Forward(graph.Input("images", [2, network.Height, network.Width, 3])));
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        pixels.CopyTo(plan.Input("images"));
        pixels.AsSpan().Reverse();
        pixels.CopyTo(plan.Input("images")[pixels.Length..]);
        pixels.AsSpan().Reverse();
        for (int run = 0; run < 30; run++)
        {
            plan.Run();
        }
    }

    /// <summary>Pixels between −2 and 2.</summary>
    public static float[] Pixels(Shape shape) => [.. Enumerable.Range(0, (int)shape.Elements).Select(i => 2 * _table[i * 7 % TableLength])];

    /// <summary>Pixels of which each is one rounding off, half of them up.</summary>
    public static float[] Nudged(float[] pixels) =>
        [.. pixels.Select((pixel, i) => _table[i * 11 % TableLength] > 0 ? MathF.BitIncrement(pixel) : MathF.BitDecrement(pixel))];

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
    /// How many roundings explain a difference of two runs of a graph: the results of its products follow each other, and each is a sum of
    /// some hundred terms, whose roundings add up like steps in random directions.
    /// </summary>
    public static double Roundings(ComputeGraph graph) => 16 * Math.Sqrt(graph.Nodes.Count(node => node.MultiplyAdds > 0));

    private static float[] Draw()
    {
        KeyedRandom random = new(23, 1);
        return [.. Enumerable.Range(0, TableLength).Select(_ => (float)random.NextDouble(-1, 1))];
    }
}
