namespace Fovea.Training;

/// <summary>The overlap by which COCO's evaluation matches detections with objects.</summary>
public enum CocoOverlap
{
    /// <summary>Intersection over union of boxes (<c>bbox</c>).</summary>
    Boxes,

    /// <summary>Intersection over union of masks (<c>segm</c>).</summary>
    Masks,
}
