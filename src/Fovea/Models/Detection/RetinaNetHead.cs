using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Head of RetinaNet (arXiv 1708.02002, section 4), shared by all levels of a pyramid: one stack of convolutions for the classes of each
/// anchor, one for the four numbers that move its box. Checkpoint keys <c>classification_head.conv.I.0</c>,
/// <c>classification_head.cls_logits</c>, <c>regression_head.conv.I.0</c>, <c>regression_head.bbox_reg</c>.
/// </summary>
internal sealed class RetinaNetHead : Module
{
    private const int BoxNumbers = 4;

    // At first every anchor is an object of each class with this probability, so that the many that are none do not swamp the loss.
    private const double PriorProbability = 0.01;
    private readonly int _classes;
    private readonly Subnet _classification;
    private readonly Subnet _regression;

    /// <summary>Makes a head.</summary>
    /// <param name="channels">Channels of each level, and of the convolutions.</param>
    /// <param name="anchors">Anchors at each position.</param>
    /// <param name="classes">Logits of each anchor.</param>
    /// <param name="convolutions">Number of 3×3 convolutions of each stack.</param>
    public RetinaNetHead(int channels, int anchors, int classes, int convolutions = 4)
    {
        _classes = classes;
        double bias = -Math.Log((1 - PriorProbability) / PriorProbability);
        _classification = Add(
            "classification_head", new Subnet("cls_logits", channels, anchors * classes, convolutions, Initializer.Constant((float)bias)));
        Parameter.CountClasses(_classification.Output, anchors);
        _regression = Add("regression_head", new Subnet("bbox_reg", channels, anchors * BoxNumbers, convolutions, Initializer.Zeros));
    }

    /// <summary>Builds the head on all levels.</summary>
    /// <param name="levels">Maps (N, H, W, C), the finest first.</param>
    /// <returns>Logits (N, rows, classes) and deltas (N, rows, 4), a row for each anchor by level, row, column and anchor.</returns>
    public (Value Logits, Value Deltas) Forward(IReadOnlyList<Value> levels)
    {
        using (Enter(levels[0].Graph))
        {
            return (
                AnchorRows.Join(levels.Select(_classification.Forward), _classes),
                AnchorRows.Join(levels.Select(_regression.Forward), BoxNumbers));
        }
    }

    private sealed class Subnet : Module
    {
        private readonly ConvolutionStack _convolutions;

        public Subnet(string key, int channels, int outputs, int convolutions, Initializer bias)
        {
            Initializer initializer = Initializer.Normal(0.01);
            _convolutions = Add("conv", new ConvolutionStack(channels, [.. Enumerable.Repeat(channels, convolutions)], initializer));
            Output = Add(
                key, new Conv2d(channels, outputs, kernel: 3, padding: 1, initializer: initializer, biasInitializer: bias));
        }

        public Conv2d Output { get; }

        protected override Value Build(Value x) => Output.Forward(_convolutions.Forward(x));
    }
}
