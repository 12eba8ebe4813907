namespace Fovea.Data;

/// <summary>An object of an image.</summary>
/// <param name="Box">Box in pixels, with the index of the class.</param>
/// <param name="Mask">Pixels of the object, of the image's size; null where only the box is known.</param>
/// <param name="IsCrowd">
/// True for what is neither learnt nor counted: many objects in one box (COCO's crowds), or one too hard to see (Pascal VOC's difficult
/// ones).
/// </param>
public readonly record struct Instance(Box Box, RunLengthMask? Mask = null, bool IsCrowd = false)
{
    private readonly double? _area;

    /// <summary>Area in pixels, by which sizes are told apart: as the set states it, else that of the mask, else that of the box.</summary>
    public double Area
    {
        get => _area ?? Mask?.Area ?? Box.Area;
        init => _area = value;
    }

    /// <summary>The object in a changed image; the area is that of its new mask or box.</summary>
    /// <param name="box">The new box.</param>
    /// <param name="mask">The new mask.</param>
    internal Instance Moved(Box box, RunLengthMask? mask) => new(box, mask, IsCrowd);
}
