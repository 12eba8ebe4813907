using Fovea.Data;

namespace Fovea.Tasks;

/// <summary>Class that occurs in an image, in the form that the command and the server write.</summary>
/// <param name="Class">Name of the class.</param>
/// <param name="Share">Share of the image's pixels, 0 to 1.</param>
/// <param name="Mask">Pixels of the class.</param>
public sealed record ImageSegment(string Class, double Share, RunLengthMask Mask);

/// <summary>Answer of a segmentation network on one image, in the form that the command and the server write.</summary>
/// <param name="Image">Name of the image: its path or the name under which it was sent.</param>
/// <param name="Width">Columns of the image.</param>
/// <param name="Height">Rows of the image.</param>
/// <param name="Classes">Classes that occur, the largest share first.</param>
public sealed record ImageSegments(string Image, int Width, int Height, IReadOnlyList<ImageSegment> Classes)
{
    /// <summary>Puts a segmentation into this form.</summary>
    /// <param name="image">Name of the image.</param>
    /// <param name="found">The segmentation.</param>
    public static ImageSegments Of(string image, Segmentation found)
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
                   select new ImageSegment(share.Class, share.Share, MaskOf(classes, share.Index)),
            ]);
    }

    private static RunLengthMask MaskOf(Image classes, int index) => RunLengthMask.FromPixels(
        Array.ConvertAll(classes.Pixels, label => label == index ? (byte)1 : (byte)0), classes.Height, classes.Width);
}

/// <summary>Answer to the question for the classes of all pixels of images.</summary>
/// <param name="Images">Images that could be read.</param>
/// <param name="Failures">Images that could not be read; null where all could.</param>
public sealed record SegmentsAnswer(IReadOnlyList<ImageSegments> Images, IReadOnlyList<ImageFailure>? Failures = null);
