namespace Fovea.Explanations;

/// <summary>Choices for an explanation; the defaults fit every network.</summary>
public sealed record ExplanationOptions
{
    /// <summary>Method; that of <see cref="Explainer.DefaultMethod"/> where null.</summary>
    public ExplanationMethod? Method { get; init; }

    /// <summary>
    /// Classes to explain, by name or by index, a map for each. Where empty: the class that the network predicts; that of the detection;
    /// that of the pixel, or of most pixels, of a segmentation. Attention without a token for each class does not depend on them.
    /// </summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>
    /// Name of a layer of <see cref="Explainer.Layers"/>; where null, the last that has what the method needs. Integrated gradients and
    /// occlusion without a layer explain the pixels.
    /// </summary>
    public string? Layer { get; init; }

    /// <summary>Head of the attention, counted from 0; the mean of all heads where null.</summary>
    public int? Head { get; init; }

    /// <summary>
    /// Point of the image that attends; the class token, the middle of the detection, or the mean of all points where there are neither, if
    /// null. For a segmentation network and other methods, the pixel whose logits are explained; the whole region of a class if null.
    /// </summary>
    public ImagePoint? At { get; init; }

    /// <summary>
    /// Detection to explain, counted from 0 in the order in which a detector lists them, the surest first; the surest where null. Networks
    /// of other tasks have none.
    /// </summary>
    public int? Detection { get; init; }

    /// <summary>
    /// True to weight attention by its gradients in <see cref="ExplanationMethod.Rollout"/> (arXiv 2103.15679, eq. 5 and 6).
    /// </summary>
    public bool GradientWeighted { get; init; }

    /// <summary>Steps of <see cref="ExplanationMethod.IntegratedGradients"/>, at least 1.</summary>
    public int Steps { get; init; } = 32;

    /// <summary>
    /// Side in pixels of the input of the window of <see cref="ExplanationMethod.Occlusion"/>; twice <see cref="Stride"/> where null.
    /// </summary>
    public int? Window { get; init; }

    /// <summary>
    /// Pixels of the input between windows of <see cref="ExplanationMethod.Occlusion"/>; a fourteenth of the shorter side, at least 2,
    /// where null.
    /// </summary>
    public int? Stride { get; init; }
}
