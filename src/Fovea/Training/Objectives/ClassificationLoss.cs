using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>Loss of a classification.</summary>
public enum ObjectiveKind
{
    /// <summary>Cross-entropy of the softmax of the logits.</summary>
    CrossEntropy,

    /// <summary>Binary cross-entropy of the sigmoid of each logit (arXiv 2110.00476): each class is a question of its own.</summary>
    BinaryCrossEntropy,

    /// <summary>Focal loss of the softmax (arXiv 1708.02002): cross-entropy, less for images that are classified well.</summary>
    Focal,
}

/// <summary>
/// Loss of logits (N, classes) against targets. Targets t are smoothed first: t·(1 − ε) + ε/classes. The loss of an image is, with weights
/// w and probabilities p of the classes,
/// <list type="bullet">
/// <item>cross-entropy: −Σ w·t·log p, with p the softmax;</item>
/// <item>focal: −Σ w·t·(1 − p)^γ·log p;</item>
/// <item>binary: −Σ w·(t·log p + (1 − t)·log(1 − p)) / classes, with p the sigmoid.</item>
/// </list>
/// </summary>
/// <param name="Kind">The loss.</param>
/// <param name="Smoothing">Label smoothing ε, from 0 to below 1.</param>
/// <param name="TargetThreshold">Threshold above which a smoothed target of the binary loss becomes 1, and else 0; null for none.</param>
/// <param name="Gamma">Exponent γ of the focal loss, 0 or more.</param>
/// <param name="ClassWeights">Weights w, one for each class; equal weights where null.</param>
public sealed record ClassificationLoss(
    ObjectiveKind Kind = ObjectiveKind.CrossEntropy,
    float Smoothing = 0,
    float? TargetThreshold = null,
    float Gamma = 2,
    IReadOnlyList<float>? ClassWeights = null)
{
    // Smaller distances from 1 have no meaning in single precision, and their powers below 1 no slope.
    private const float SmallestDistance = 1e-7f;

    /// <summary>True if targets may be labels; other losses take distributions over the classes.</summary>
    public bool TakesLabels => Kind == ObjectiveKind.CrossEntropy && ClassWeights is null;

    /// <summary>Builds the mean loss over the batch.</summary>
    /// <param name="logits">Logits (N, classes).</param>
    /// <param name="targets">
    /// Distributions (N, classes), or for cross-entropy without class weights labels (N), integers.
    /// </param>
    /// <returns>A single number, shape (1).</returns>
    /// <exception cref="ShapeException">The targets do not fit, or there is not one weight for each class.</exception>
    public Value Mean(Value logits, Value targets)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(targets);
        if (TakesLabels)
        {
            return logits.CrossEntropy(targets, Smoothing).Mean(0);
        }

        if (!targets.Shape.Equals(logits.Shape))
        {
            throw new ShapeException($"{Kind} takes target distributions of the logits' shape {logits.Shape}, got {targets.Shape}");
        }

        int classes = logits.Shape[1];
        if (Smoothing != 0)
        {
            targets = (targets * (1 - Smoothing)) + (Smoothing / classes);
        }

        Value losses = Kind switch
        {
            ObjectiveKind.BinaryCrossEntropy => Binary(logits, targets) / classes,
            ObjectiveKind.Focal => Focal(logits, targets),
            _ => -(targets * logits.LogSoftmax()),
        };
        return Weighted(losses).Sum(1).Reshape([logits.Shape[0]]).Mean(0);
    }

    private Value Focal(Value logits, Value targets)
    {
        Value logarithms = logits.LogSoftmax();
        Value distance = (1 - logarithms.Exp()).Maximum(SmallestDistance);
        return -(targets * distance.Pow(Gamma) * logarithms);
    }

    private Value Binary(Value x, Value targets) =>
        ElementLosses.BinaryCrossEntropy(x, TargetThreshold is float threshold ? targets > threshold : targets);

    private Value Weighted(Value losses)
    {
        if (ClassWeights is null)
        {
            return losses;
        }

        return ClassWeights.Count == losses.Shape[1]
            ? losses * losses.Graph.Table([losses.Shape[1]], [.. ClassWeights])
            : throw new ShapeException($"there are {ClassWeights.Count} class weights for {losses.Shape[1]} classes: give one for each");
    }
}

/// <summary>Words for losses in files, such as <c>crossEntropy</c>.</summary>
internal sealed class ObjectiveKindConverter()
    : JsonStringEnumConverter<ObjectiveKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
