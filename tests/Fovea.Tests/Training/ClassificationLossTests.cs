using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Losses and their gradients against their formulas in double precision, and against finite differences of those.</summary>
public sealed class ClassificationLossTests
{
    private const int Images = 3;
    private const int Classes = 4;

    // Large ones of both signs, and a zero, where a sum of kinks has its own.
    private static readonly float[] _logits = [0.5f, -1, 2, 0, 30, -40, 0.25f, 1, 0, 0, 0, 0];
    private static readonly float[] _targets = [0, 0, 1, 0, 0.3f, 0, 0.7f, 0, 0.25f, 0.25f, 0.25f, 0.25f];
    private static readonly float[] _weights = [1, 0.5f, 2, 1.5f];

    [Fact]
    public void Binary_cross_entropy_is_the_mean_over_images_and_classes() =>
        Check(new ClassificationLoss(ObjectiveKind.BinaryCrossEntropy), (x, t, _) => Binary(x, t) / Classes);

    [Fact]
    public void Targets_are_smoothed_before_the_threshold() => Check(
        new ClassificationLoss(ObjectiveKind.BinaryCrossEntropy, Smoothing: 0.2f, TargetThreshold: 0.24f),
        (x, t, _) => Binary(x, (0.8 * t) + 0.05 > 0.24 ? 1 : 0) / Classes);

    [Fact]
    public void Class_weights_multiply_each_class() => Check(
        new ClassificationLoss(Smoothing: 0.1f, ClassWeights: _weights),
        (x, t, c) => -_weights[c] * ((0.9 * t) + 0.025) * x,
        softmax: true);

    [Theory]
    [InlineData(0f)]
    [InlineData(2f)]
    [InlineData(0.5f)]
    public void Focal_loss_counts_less_what_is_classified_well(float gamma) => Check(
        new ClassificationLoss(ObjectiveKind.Focal, Gamma: gamma),
        (x, t, _) => -t * Math.Pow(Math.Max(1 - Math.Exp(x), 1e-7), gamma) * x,
        softmax: true);

    [Fact]
    public void Labels_and_certain_distributions_give_the_same_cross_entropy()
    {
        ClassificationLoss plain = new(Smoothing: 0.1f);
        Assert.True(plain.TakesLabels);
        Assert.False((plain with { ClassWeights = _weights }).TakesLabels);
        Assert.False((plain with { Kind = ObjectiveKind.Focal }).TakesLabels);
        ClassificationLoss even = plain with { ClassWeights = [1, 1, 1, 1] };
        Assert.Equal(Run(plain, _logits).Loss, Run(even, _logits).Loss, 1e-5);
    }

    [Fact]
    public void What_does_not_fit_says_why()
    {
        ComputeGraph graph = new(training: true);
        Value logits = graph.Input("logits", [2, 3]);
        ShapeException error = Assert.Throws<ShapeException>(
            () => new ClassificationLoss(ObjectiveKind.Focal).Mean(logits, graph.Input("labels", [2], ElementType.Int32)));
        Assert.Contains("distributions", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ShapeException>(
            () => new ClassificationLoss(ClassWeights: [1, 2]).Mean(logits, graph.Input("targets", [2, 3])));
        Assert.Contains("2 class weights for 3 classes", error.Message, StringComparison.Ordinal);
    }

    private static double Binary(double x, double t) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))) - (x * t);

    /// <summary>Compares with a formula of a logit, or of a log-probability, and its target and class.</summary>
    private static void Check(ClassificationLoss loss, Func<double, double, int, double> formula, bool softmax = false)
    {
        double[] logits = [.. _logits.Select(value => (double)value)];
        (double got, float[] gradient) = Run(loss, _logits);
        Assert.Equal(Mean(logits, formula, softmax), got, 1e-4);
        const double h = 1e-5;
        for (int i = 0; i < logits.Length; i++)
        {
            double[] above = [.. logits];
            double[] below = [.. logits];
            (above[i], below[i]) = (logits[i] + h, logits[i] - h);
            double slope = (Mean(above, formula, softmax) - Mean(below, formula, softmax)) / (2 * h);
            Assert.True(Math.Abs(slope - gradient[i]) <= 1e-4 * Math.Max(1, Math.Abs(slope)), $"{i}: {gradient[i]}, expected {slope}");
        }
    }

    private static double Mean(double[] logits, Func<double, double, int, double> formula, bool softmax)
    {
        double sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double[] row = logits[(i / Classes * Classes)..((i / Classes * Classes) + Classes)];
            double normaliser = row.Max() + Math.Log(row.Sum(value => Math.Exp(value - row.Max())));
            sum += formula(softmax ? logits[i] - normaliser : logits[i], _targets[i], i % Classes);
        }

        return sum / Images;
    }

    private static (double Loss, float[] Gradient) Run(ClassificationLoss loss, float[] logits)
    {
        ComputeGraph graph = new(training: true);
        Value x = graph.Input("logits", [Images, Classes]);
        graph.Output("loss", loss.Mean(x, graph.Input("targets", [Images, Classes])));
        graph.Output("gradient", Gradients.Of(graph.Outputs["loss"], [x])[0]!);
        using Plan plan = Plan.Compile(graph);
        logits.CopyTo(plan.Input("logits"));
        _targets.CopyTo(plan.Input("targets"));
        plan.Run();
        return (plan.Output("loss")[0], plan.Output("gradient").ToArray());
    }
}
