namespace Fovea.Training;

/// <summary>Mistakes of a detector in one image, at an overlap of 0.50.</summary>
/// <param name="ImageId">Id of the image.</param>
/// <param name="Missed">Indices of the objects that were not found; crowds are not among them.</param>
/// <param name="Invented">Indices of the detections that found no object, the surest of a class first.</param>
public sealed record CocoMistakes(long ImageId, IReadOnlyList<int> Missed, IReadOnlyList<int> Invented);
