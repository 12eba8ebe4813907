using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>
/// Loss of a segmentation, as mmsegmentation has it: logits are resized to the labels, and the cross-entropies of the pixels, each times
/// the weight of its class, are averaged over all pixels, those that are left out counting 0.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SegmentationLoss
{
    /// <summary>Weight of the auxiliary head's loss, where the network has such a head.</summary>
    public double AuxiliaryWeight { get; init; } = 0.4;

    /// <summary>Choice of hard pixels, which alone are learnt from; null for all.</summary>
    public HardPixels? HardPixels { get; init; }

    /// <summary>True to average over the labelled pixels, by the weights of their classes (<c>avg_non_ignore</c>).</summary>
    public bool AverageLabelled { get; init; }

    /// <summary>Checks that the members make sense.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        TrainingOptions.Check(
            AuxiliaryWeight >= 0 && double.IsFinite(AuxiliaryWeight),
            $"{nameof(SegmentationLoss)}.{nameof(AuxiliaryWeight)}",
            "at least 0",
            AuxiliaryWeight);
        HardPixels?.Validate();
    }

    /// <summary>Builds the loss of one head.</summary>
    /// <param name="logits">Logits (N, h, w, classes).</param>
    /// <param name="labels">Labels (N, H, W) of Int32; −1 leaves a pixel out.</param>
    /// <param name="classWeights">Weight of each class; equal weights where null.</param>
    /// <param name="alignCorners">True if the centres of the corners meet when logits are resized.</param>
    /// <returns>A single number, shape (1).</returns>
    /// <exception cref="ShapeException">There is not one weight for each class.</exception>
    public Value Mean(Value logits, Value labels, IReadOnlyList<float>? classWeights = null, bool alignCorners = false)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        int classes = logits.Shape.Last;
        if (classWeights is not null && classWeights.Count != classes)
        {
            throw new ShapeException($"there are {classWeights.Count} class weights for {classes} classes: give one for each");
        }

        Shape pixels = labels.Shape;
        int count = (int)pixels.Elements;
        Value flat = labels.Reshape([count]);
        Value losses = logits
            .Resize(Interpolation.Bilinear, pixels[1], pixels[2], alignCorners)
            .Reshape([count, classes])
            .CrossEntropy(flat);
        if (HardPixels is null && !AverageLabelled && classWeights is null)
        {
            return losses.Mean(0).Reshape([1]);
        }

        Value weights = losses.Graph.Apply(new PixelWeights(pixels[0], HardPixels, AverageLabelled, classWeights), losses, flat);
        return (losses * weights).Sum(0).Reshape([1]);
    }

    /// <summary>Record with the initial values of the records that JSON has, too.</summary>
    internal static SegmentationLoss? Initial(JsonNode? json) => json is null
        ? null
        : new SegmentationLoss { HardPixels = (json as JsonObject)?["hardPixels"] is null ? null : new HardPixels() };
}
