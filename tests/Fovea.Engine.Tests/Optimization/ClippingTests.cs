using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Optimization;

public sealed class ClippingTests
{
    private const double Share = 0.1;

    [Theory]
    [InlineData(ClippingUnits.Whole)]
    [InlineData(ClippingUnits.FirstAxis)]
    [InlineData(ClippingUnits.LastAxis)]
    public void A_unit_with_too_long_a_gradient_is_scaled_to_its_share_of_the_weights(ClippingUnits units)
    {
        using VariableBlock block = GraphRun.Block(new Variable("w", [5, 3, 7], trainable: true));
        using GradientBlock gradients = new(block.Variables);
        float[] gradient = Fill(block, gradients);
        new AdaptiveClipping(gradients, Share, _ => units, GraphRun.Single).Apply(gradientFactor: 0.5f);
        float[] weights = block.Variables[0].Data.ToArray();
        float[] clipped = gradients.Of(block.Variables[0]).ToArray();
        IEnumerable<IGrouping<int, int>> all = Enumerable.Range(0, weights.Length)
            .GroupBy(i => units == ClippingUnits.Whole ? 0 : units == ClippingUnits.FirstAxis ? i / 21 : i % 7);
        int scaled = 0;
        foreach (int[] unit in all.Select(group => group.ToArray()))
        {
            double allowed = Share * Math.Max(Norm(weights, unit), 1e-3);
            double norm = 0.5 * Norm(gradient, unit);
            double factor = Math.Min(1, allowed / norm);
            scaled += factor < 1 ? 1 : 0;
            Assert.All(unit, i => Assert.Equal(gradient[i] * factor, clipped[i], 1e-6));
        }

        Assert.True(scaled > 0);
        Assert.True(units == ClippingUnits.Whole || scaled < all.Count());
    }

    [Fact]
    public void Variables_that_are_left_out_keep_their_gradients_and_threads_change_no_bit()
    {
        using WorkerPool three = new(3);
        float[] single = Clipped(GraphRun.Single);
        Assert.Equal(single, Clipped(three));
        Assert.Throws<ArgumentOutOfRangeException>(() => Clipped(three, share: 0));

        static float[] Clipped(WorkerPool pool, double share = Share)
        {
            using VariableBlock block = GraphRun.Block(
                new Variable("a", [300, 70], trainable: true), new Variable("head", [9, 4], trainable: true));
            using GradientBlock gradients = new(block.Variables);
            Fill(block, gradients);
            float[] head = gradients.Of(block.Variables[1]).ToArray();
            new AdaptiveClipping(gradients, share, variable => variable.Name == "head" ? null : ClippingUnits.FirstAxis, pool).Apply();
            Assert.Equal(head, gradients.Of(block.Variables[1]));
            return gradients.Data.ToArray();
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(40001)]
    public void Clamped_gradients_stay_within_their_limit(int length)
    {
        using WorkerPool three = new(3);
        using GradientBlock gradients = new([new Variable("w", [length], trainable: true)]);
        float[] values = GraphRun.Values("w", [length]);
        values.CopyTo(gradients.Of(gradients.Variables[0]));
        gradients.Clamp(0.25f, three);
        Assert.Equal(values.Select(value => Math.Clamp(value, -0.25f, 0.25f)), gradients.Of(gradients.Variables[0]).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => gradients.Clamp(-1));
    }

    private static double Norm(float[] values, int[] indices) => Math.Sqrt(indices.Sum(i => (double)values[i] * values[i]));

    /// <summary>Gradients whose lengths differ by unit, some of them below their share of the weights.</summary>
    private static float[] Fill(VariableBlock block, GradientBlock gradients)
    {
        foreach (Variable variable in block.Variables)
        {
            float[] values = GraphRun.Values($"gradient of {variable.Name}", variable.Shape);
            int row = values.Length / variable.Shape[0];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] *= (i / row) + 1 <= 2 ? 0.02f : i % variable.Shape.Last < 2 ? 0.03f : 1;
            }

            values.CopyTo(gradients.Of(variable));
        }

        return gradients.Of(block.Variables[0]).ToArray();
    }
}
