using Fovea.Data;

namespace Fovea.Training;

/// <summary>Object that a detector found, as COCO's evaluation takes it.</summary>
/// <param name="ImageId">Id of the image.</param>
/// <param name="CategoryId">Id of the class.</param>
/// <param name="Score">Score; a higher one is surer.</param>
/// <param name="Box">Box in pixels.</param>
/// <param name="Area">Area in pixels: that of the mask, or of the box where masks are not judged.</param>
/// <param name="Mask">Mask, for an evaluation of masks.</param>
public sealed record CocoDetection(
    long ImageId, long CategoryId, double Score, CocoBox Box, double Area, RunLengthMask? Mask = null);
