namespace Fovea.Data;

/// <summary>Detection in a file of results; it has a box, an outline or both.</summary>
/// <param name="ImageId">Id of the image.</param>
/// <param name="CategoryId">Id of the class.</param>
/// <param name="Score">Score; a higher one is surer.</param>
/// <param name="Box">Box, in pixels of the image; null where the results have none.</param>
/// <param name="Segmentation">Outline; null where the results have none.</param>
public sealed record CocoResult(
    long ImageId, long CategoryId, double Score, CocoBox? Box = null, CocoSegmentation? Segmentation = null);
