using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Head of Faster R-CNN on pooled regions (arXiv 1612.03144, section 4.2): two linear layers, then the logits of the classes and, for
/// each set of boxes, the four numbers that move the region. Checkpoint keys <c>box_head.fc6</c>, <c>box_head.fc7</c>,
/// <c>box_predictor.cls_score</c>, <c>box_predictor.bbox_pred</c>.
/// </summary>
internal sealed class BoxHead : Module
{
    private const int BoxNumbers = 4;
    private readonly FlattenedLinear _first;
    private readonly Linear _second;
    private readonly Linear _scores;
    private readonly Linear _boxes;

    /// <summary>Makes a head.</summary>
    /// <param name="channels">Channels of the pooled regions.</param>
    /// <param name="side">Rows and columns of bins of a region.</param>
    /// <param name="width">Channels of the two linear layers.</param>
    /// <param name="classes">Logits of a region: classes and background.</param>
    /// <param name="boxes">Sets of boxes: as many as logits in torchvision's form, one less in mmdetection's.</param>
    public BoxHead(int channels, int side, int width, int classes, int boxes)
    {
        _first = Add("box_head.fc6", new FlattenedLinear(side, side, channels, width, Initializer.FanInUniform));
        _second = Add("box_head.fc7", new Linear(width, width, initializer: Initializer.FanInUniform));
        _scores = Add("box_predictor.cls_score", new Linear(width, classes, initializer: Initializer.FanInUniform));
        _boxes = Add("box_predictor.bbox_pred", new Linear(width, BoxNumbers * boxes, initializer: Initializer.FanInUniform));
        Parameter.CountClasses(_scores, untold: 1);
        Parameter.CountClasses(_boxes, BoxNumbers, untold: boxes + 1 - classes);
    }

    /// <summary>Builds the head on pooled regions.</summary>
    /// <param name="regions">Pooled regions (K, side, side, C).</param>
    /// <returns>Logits (K, classes) and deltas (K, 4·boxes), grouped by class.</returns>
    public (Value Logits, Value Deltas) Predict(Value regions)
    {
        using (Enter(regions.Graph))
        {
            Value features = _second.Forward(_first.Forward(regions).Relu()).Relu();
            return (_scores.Forward(features), _boxes.Forward(features));
        }
    }
}
