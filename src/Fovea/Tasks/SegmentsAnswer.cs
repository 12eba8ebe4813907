using Fovea.Data;

namespace Fovea.Tasks;

/// <summary>Class that occurs in an image, in the form that the command and the server write.</summary>
/// <param name="Class">Name of the class.</param>
/// <param name="Share">Share of the image's pixels, 0 to 1.</param>
/// <param name="Mask">Pixels of the class; null where a map of all classes was written.</param>
public sealed record ImageSegment(string Class, double Share, RunLengthMask? Mask = null);

/// <summary>Answer of a segmentation network on one image, in the form that the command and the server write.</summary>
/// <param name="Image">Name of the image: its path or the name under which it was sent.</param>
/// <param name="Width">Columns of the image.</param>
/// <param name="Height">Rows of the image.</param>
/// <param name="Classes">Classes that occur, the largest share first.</param>
/// <param name="Mask">File of the map of all classes, where it was written.</param>
public sealed record ImageSegments(
    string Image, int Width, int Height, IReadOnlyList<ImageSegment> Classes, string? Mask = null)
{
    /// <summary>Puts a segmentation into this form.</summary>
    /// <param name="image">Name of the image.</param>
    /// <param name="found">The segmentation.</param>
    /// <param name="map">File to which the map was written, in place of a mask for each class; null where it was not.</param>
    public static ImageSegments Of(string image, Segmentation found, string? map = null)
    {
        ArgumentNullException.ThrowIfNull(found);
        Image classes = found.Classes;
        return new ImageSegments(
            image,
            classes.Width,
            classes.Height,
            [
                .. from share in found.Shares
                   where share.Share > 0
                   orderby share.Share descending
                   select new ImageSegment(share.Class, share.Share, map is null ? MaskOf(classes, share.Index) : null),
            ],
            map);
    }

    private static RunLengthMask MaskOf(Image classes, int index) => RunLengthMask.FromPixels(
        Array.ConvertAll(classes.Pixels, label => label == index ? (byte)1 : (byte)0), classes.Height, classes.Width);
}

/// <summary>Answer to the question for the classes of all pixels of images.</summary>
/// <param name="Images">Images that could be read.</param>
/// <param name="Failures">Images that could not be read; null where all could.</param>
public sealed record SegmentsAnswer(IReadOnlyList<ImageSegments> Images, IReadOnlyList<ImageFailure>? Failures = null);
