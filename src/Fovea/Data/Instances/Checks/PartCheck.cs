namespace Fovea.Data;

/// <summary>Images and objects of a class in a part of a data set.</summary>
/// <param name="Name">Name of the class.</param>
/// <param name="Images">Images of the class, or with objects of it.</param>
/// <param name="Small">Objects below 32² pixels, as COCO counts them.</param>
/// <param name="Medium">Objects from 32² to 96² pixels.</param>
/// <param name="Large">Objects of 96² pixels and more.</param>
public sealed record ClassCount(string Name, int Images, int Small, int Medium, int Large)
{
    /// <summary>Objects of all sizes.</summary>
    public int Objects => Small + Medium + Large;

    /// <summary>Pixels of the class, where pixels have classes.</summary>
    public long Pixels { get; init; }
}

/// <summary>Figures of a part of a data set.</summary>
/// <param name="Name">Usual name of the part: train, val or test.</param>
/// <param name="Images">Number of images.</param>
/// <param name="EmptyImages">Images without objects; 0 for a set of classes.</param>
/// <param name="Crowds">Crowds and difficult objects, which <paramref name="Classes"/> count, too.</param>
/// <param name="Sizes">Sizes of the images that can be read: the smallest, the median and the largest by area; none where none can.</param>
/// <param name="Classes">Images and objects of each class.</param>
public sealed record PartCheck(
    string Name, int Images, int EmptyImages, int Crowds, IReadOnlyList<ImageSize> Sizes, IReadOnlyList<ClassCount> Classes)
{
    /// <summary>Pixels that are left out, where pixels have classes.</summary>
    public long IgnoredPixels { get; init; }
}
