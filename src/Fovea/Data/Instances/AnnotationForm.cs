namespace Fovea.Data;

/// <summary>Form in which objects of images are written down.</summary>
public enum AnnotationForm
{
    /// <summary>COCO's JSON: one file for each part.</summary>
    Coco,

    /// <summary>Pascal VOC's XML: one file for each image, without masks.</summary>
    Voc,

    /// <summary>YOLO's text: one file for each image, a line for each object, with a box or a polygon.</summary>
    Yolo,
}
