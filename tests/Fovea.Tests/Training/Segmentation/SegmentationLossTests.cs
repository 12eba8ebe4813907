using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Training;

namespace Fovea.Tests.Training.Segmentation;

/// <summary>Losses of pixels against computations by hand, at the size of the labels.</summary>
public sealed class SegmentationLossTests
{
    private const int Classes = 3;

    // Two images of 2×2 pixels, one of which is left out.
    private static readonly int[] _labels = [0, 1, 2, 0, 1, -1, 2, 2];
    private static readonly float[] _logits = [.. Enumerable.Range(0, 8 * Classes).Select(i => MathF.Sin(1.7f * i) * 2)];

    [Fact]
    public void Without_options_the_mean_is_over_all_pixels() =>
        Assert.Equal(Losses().Sum() / 8, Compute(new SegmentationLoss()), 1e-5);

    [Fact]
    public void Class_weights_multiply_and_the_mean_stays_over_all_pixels_or_is_over_the_weights_of_the_labelled_ones()
    {
        float[] weights = [0.5f, 2, 1.25f];
        double[] losses = Losses();
        double weighted = losses.Select((loss, i) => _labels[i] < 0 ? 0 : loss * weights[_labels[i]]).Sum();
        double sum = _labels.Where(label => label >= 0).Sum(label => weights[label]);
        Assert.Equal(weighted / 8, Compute(new SegmentationLoss(), weights), 1e-5);
        Assert.Equal(weighted / sum, Compute(new SegmentationLoss { AverageLabelled = true }, weights), 1e-5);
        Assert.Equal(losses.Sum() / 7, Compute(new SegmentationLoss { AverageLabelled = true }), 1e-5);
    }

    [Theory]
    [InlineData(0.3, 1)]
    [InlineData(0.05, 1)]
    [InlineData(0.05, 2)]
    [InlineData(0.05, 100)]
    [InlineData(1, 1)]
    public void Hard_pixels_are_those_below_the_threshold_or_as_many_as_are_kept(double threshold, int kept)
    {
        // As mmsegmentation has it: the threshold is at least the probability behind that of the last pixel to keep.
        double[] losses = Losses();
        double[] probabilities = [.. losses.Where((_, i) => _labels[i] >= 0).Select(loss => Math.Exp(-loss)).Order()];
        double limit = Math.Max(threshold, probabilities[Math.Min(2 * kept, probabilities.Length - 1)]);
        double expected = losses.Where((loss, i) => _labels[i] >= 0 && Math.Exp(-loss) < limit - 1e-9).Sum() / 8;
        Assert.Equal(expected, Compute(new SegmentationLoss { HardPixels = new HardPixels(threshold, kept) }), 1e-5);
    }

    [Fact]
    public void Gradients_reach_hard_pixels_alone_times_the_weights_of_their_classes()
    {
        float[] weights = [0.5f, 2, 1.25f];
        (_, float[] gradient) = Run(new SegmentationLoss { HardPixels = new HardPixels(0.3, 1) }, weights);
        double[] losses = Losses();
        for (int pixel = 0; pixel < _labels.Length; pixel++)
        {
            bool hard = _labels[pixel] >= 0 && Math.Exp(-losses[pixel]) < 0.3;
            double[] probabilities = Softmax(pixel);
            for (int i = 0; i < Classes; i++)
            {
                double slope = probabilities[i] - (i == _labels[pixel] ? 1 : 0);
                Assert.Equal(hard ? weights[_labels[pixel]] * slope / 8 : 0, gradient[(pixel * Classes) + i], 1e-5);
            }
        }
    }

    [Fact]
    public void Weights_for_another_number_of_classes_are_refused()
    {
        ShapeException error = Assert.Throws<ShapeException>(() => Compute(new SegmentationLoss(), [1, 2]));
        Assert.Contains("2 class weights for 3 classes", error.Message, StringComparison.Ordinal);
    }

    private static double[] Softmax(int pixel)
    {
        double[] powers = [.. _logits.Skip(pixel * Classes).Take(Classes).Select(logit => Math.Exp(logit))];
        return [.. powers.Select(power => power / powers.Sum())];
    }

    private static double[] Losses() =>
        [.. _labels.Select((label, pixel) => label < 0 ? 0 : -Math.Log(Softmax(pixel)[label]))];

    private static double Compute(SegmentationLoss loss, float[]? weights = null) => Run(loss, weights).Loss;

    private static (double Loss, float[] Gradient) Run(SegmentationLoss loss, float[]? weights)
    {
        Variable logits = new("logits", [2, 2, 2, Classes], trainable: true);
        using VariableBlock block = new([logits]);
        _logits.CopyTo(logits.Data);
        ComputeGraph graph = new(training: true);
        Value labels = graph.Input("labels", [2, 2, 2], ElementType.Int32);
        Value mean = loss.Mean(graph.Read(logits), labels, weights);
        graph.Output("loss", mean);
        Gradients.Write(mean, [logits]);
        using GradientBlock gradients = new([logits]);
        using Plan plan = Plan.Compile(graph, null, gradients);
        _labels.CopyTo(plan.IntegerInput("labels"));
        plan.Run();
        return (plan.Output("loss")[0], gradients.Of(logits).ToArray());
    }
}
