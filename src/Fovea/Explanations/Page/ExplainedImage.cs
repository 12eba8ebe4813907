using Fovea.Data;

namespace Fovea.Explanations;

/// <summary>Image with what explains it, for <see cref="ExplanationPage"/>.</summary>
/// <param name="Name">Name of the image.</param>
/// <param name="Image">The image.</param>
/// <param name="Explanations">Maps that stand by themselves.</param>
/// <param name="Attentions">Attentions whose query the reader chooses.</param>
public sealed record ExplainedImage(
    string Name, Image Image, IReadOnlyList<Explanation> Explanations, IReadOnlyList<AttentionMaps> Attentions);
