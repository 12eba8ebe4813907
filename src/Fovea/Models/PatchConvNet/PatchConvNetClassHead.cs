using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Head of the PatchConvNet with a token for each class: one output from each class's own token, (N, classes, channels) to logits (N,
/// classes).
/// </summary>
internal sealed class PatchConvNetClassHead : Head
{
    private readonly ClassLinear _classifier;

    /// <summary>Makes a head.</summary>
    /// <param name="channels">Channels of a token.</param>
    /// <param name="classes">Number of classes, and of tokens.</param>
    public PatchConvNetClassHead(int channels, int classes)
        : base(classes) => _classifier = Add("head", new ClassLinear(channels, classes));

    /// <inheritdoc/>
    protected override Value Build(Value x) => _classifier.Forward(x);
}
