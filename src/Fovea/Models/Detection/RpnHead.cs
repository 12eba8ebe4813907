using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Head of a region proposal network (arXiv 1506.01497, section 3.1), shared by all levels of a pyramid: for each anchor the logit of its
/// being an object, and the four numbers that move its box. Checkpoint keys <c>conv.I.0</c>, <c>cls_logits</c>, <c>bbox_pred</c>.
/// </summary>
internal sealed class RpnHead : Module
{
    private const int BoxNumbers = 4;
    private readonly ConvolutionStack _convolutions;
    private readonly Conv2d _objectness;
    private readonly Conv2d _boxes;

    /// <summary>Makes a head.</summary>
    /// <param name="channels">Channels of each level, and of the convolutions.</param>
    /// <param name="anchors">Anchors at each position.</param>
    /// <param name="convolutions">Number of 3×3 convolutions.</param>
    public RpnHead(int channels, int anchors, int convolutions = 1)
    {
        Initializer initializer = Initializer.Normal(0.01);
        _convolutions = Add(
            "conv", new ConvolutionStack(channels, [.. Enumerable.Repeat(channels, convolutions)], initializer));
        _objectness = Add("cls_logits", new Conv2d(channels, anchors, kernel: 1, initializer: initializer));
        _boxes = Add("bbox_pred", new Conv2d(channels, BoxNumbers * anchors, kernel: 1, initializer: initializer));
    }

    /// <summary>Builds the head on all levels.</summary>
    /// <param name="levels">Maps (N, H, W, C), the finest first.</param>
    /// <returns>Logits (N, rows, 1) and deltas (N, rows, 4), a row for each anchor by level, row, column and anchor.</returns>
    public (Value Objectness, Value Deltas) Forward(IReadOnlyList<Value> levels)
    {
        using (Enter(levels[0].Graph))
        {
            Value[] maps = [.. levels.Select(_convolutions.Forward)];
            return (AnchorRows.Join(maps.Select(_objectness.Forward), 1), AnchorRows.Join(maps.Select(_boxes.Forward), BoxNumbers));
        }
    }
}
