using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Head of the distilled PiT (arXiv 2012.12877, section 3): a linear classifier for the class token and another for the distillation token,
/// whose mean is the output. The graph marks both, as <c>logits_cls</c> and <c>logits_dist</c>. Checkpoint keys <c>head</c> and
/// <c>head_dist</c>.
/// </summary>
internal sealed class PitDistilledHead : Head
{
    private readonly int _channels;
    private readonly Linear _classifier;
    private readonly Linear _distilledClassifier;

    /// <summary>Makes a head.</summary>
    /// <param name="channels">Channels of one token; the pooled features hold two tokens side by side, (N, 2·channels).</param>
    /// <param name="classes">Number of classes.</param>
    public PitDistilledHead(int channels, int classes)
        : base(classes)
    {
        _channels = channels;
        _classifier = AddClassifier("head", new Linear(channels, classes, initializer: Initializer.FanInUniform));
        _distilledClassifier = AddClassifier("head_dist", new Linear(channels, classes, initializer: Initializer.FanInUniform));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Classifiers { get; } = ["logits_cls", "logits_dist"];

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value classified = _classifier.Forward(x.Slice(1, 0, _channels)).Mark(Classifiers[0]);
        Value distilled = _distilledClassifier.Forward(x.Slice(1, _channels, _channels)).Mark(Classifiers[1]);
        return (classified + distilled) * 0.5f;
    }
}
