using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// Loss of a segmentation, as mmsegmentation has it: logits are resized to the labels, and the cross-entropies of the pixels, each times
/// the weight of its class, are averaged over all pixels, those that are left out counting 0.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SegmentationLoss
{
    /// <summary>Choice of hard pixels, which alone are learnt from; null for all.</summary>
    public HardPixels? HardPixels { get; init; }

    /// <summary>True to average over the labelled pixels, by the weights of their classes (<c>avg_non_ignore</c>).</summary>
    public bool AverageLabelled { get; init; }

    /// <summary>Checks that the members make sense.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate() => HardPixels?.Validate();

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

        if (HardPixels is null && !AverageLabelled && classWeights is null)
        {
            return DecodeHead.Loss(logits, labels, alignCorners);
        }

        Value losses = DecodeHead.Losses(logits, labels, alignCorners);
        Value weights = losses.Graph.Apply(
            new PixelWeights(labels.Shape[0], HardPixels, AverageLabelled, classWeights), losses, labels.Reshape(losses.Shape));
        return (losses * weights).Sum(0).Reshape([1]);
    }

    /// <summary>Record with the initial values of the records that JSON has, too.</summary>
    internal static SegmentationLoss? Initial(JsonNode? json) => json is null
        ? null
        : new SegmentationLoss { HardPixels = (json as JsonObject)?["hardPixels"] is null ? null : new HardPixels() };
}
