namespace Fovea.Data;

/// <summary>Object in an image of a COCO file.</summary>
/// <param name="Id">Number of the annotation.</param>
/// <param name="ImageId">Id of the image.</param>
/// <param name="CategoryId">Id of the class.</param>
/// <param name="Box">Box, in pixels of the image.</param>
/// <param name="Area">
/// Area in pixels, by which objects count as small, medium or large; where a file does not say, the mask's, else the box's.
/// </param>
/// <param name="Crowd">True for many objects under one outline: what is found in it is neither right nor wrong.</param>
/// <param name="Segmentation">Outline; null where the file has none.</param>
public sealed record CocoAnnotation(
    long Id, long ImageId, long CategoryId, CocoBox Box, double Area, bool Crowd = false, CocoSegmentation? Segmentation = null);
