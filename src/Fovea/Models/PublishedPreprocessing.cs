using Fovea.Data;
using Interpolation = Fovea.Data.Interpolation;

namespace Fovea.Models;

/// <summary>
/// Preprocessing that the published figures of each family were measured with: the shorter side is resized, the middle cut out, ImageNet's
/// mean and deviation.
/// </summary>
public static class PublishedPreprocessing
{
    // By the beginning of the model's name, the first that fits: the shorter side for an input of 224 pixels, and the filter.
    // Other inputs keep the proportion, cut to whole pixels.
    private static readonly (string Models, int ResizeTo, Interpolation Interpolation)[] _table =
    [
        ("pit_lucidrains", 256, Interpolation.Bicubic),
        ("pit", 248, Interpolation.Bicubic),
        ("botnet", 256, Interpolation.Bilinear),
        ("resnet", 256, Interpolation.Bilinear),
        ("", 256, Interpolation.Bicubic),
    ];

    /// <summary>Gives the preprocessing of a model for images of a size.</summary>
    /// <param name="model">Registered name; that of an unknown family gets what most families have.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="sizes">Image sizes that the network takes; any where null. They matter for dense tasks.</param>
    public static Preprocessing Of(string model, int height, int width, ImageSizes? sizes = null)
    {
        if (ModelRegistry.IsDense(model))
        {
            (int most, int least) = ModelRegistry.TaskOf(model) == VisionTask.Segmentation ? (2048, 512) : (1333, 800);
            int shorterSide = Math.Min(height, width);
            return Bounded(shorterSide, sizes?.Square == true ? shorterSide : shorterSide * most / least);
        }

        model = ModelRegistry.Resolve(model);
        (_, int resizeTo, Interpolation interpolation) =
            Array.Find(_table, entry => model.StartsWith(entry.Models, StringComparison.Ordinal));
        return new Preprocessing
        {
            Height = height,
            Width = width,
            ResizeTo = Preprocessing.SideBeforeCrop(height, width, resizeTo),
            Interpolation = interpolation,
        };
    }

    /// <summary>
    /// Preprocessing of dense tasks in the proportion of the published networks, whose sides are 800 and at most 1333 pixels for detectors,
    /// 512 and at most 2048 for segmentation. A network that takes squares alone sees the whole image in one.
    /// </summary>
    private static Preprocessing Bounded(int shorterSide, int longerSide)
    {
        Preprocessing preprocessing = new()
        {
            Resize = ResizeRule.BoundedSides,
            ResizeTo = shorterSide,
            PadTo = longerSide == shorterSide ? shorterSide : 32,
            Interpolation = Interpolation.Bilinear,
            CenterCrop = false,
        };
        return preprocessing.WithLongerSide(longerSide);
    }
}
