namespace Fovea.Data;

/// <summary>Transforms of whole pictures; each gives a new picture and leaves its input as it was.</summary>
public static class Transforms
{
    /// <summary>Resizes with an antialiasing filter; equal to Pillow's <c>Image.resize</c> to the bit.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="width">The new width.</param>
    /// <param name="height">The new height.</param>
    /// <param name="interpolation">The filter.</param>
    public static Picture Resize(Picture picture, int width, int height, Interpolation interpolation = Interpolation.Bilinear)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return Apply(picture, raster => raster.Resize(width, height, interpolation));
    }

    /// <summary>Cuts a window out; where it reaches beyond the picture it is black.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="left">The window's first column, possibly negative.</param>
    /// <param name="top">The window's first row, possibly negative.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    public static Picture Crop(Picture picture, int left, int top, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return Apply(picture, raster => raster.Crop(left, top, width, height));
    }

    /// <summary>Cuts the middle out, where torchvision's <c>CenterCrop</c> does; a smaller picture gets black borders.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    public static Picture CenterCrop(Picture picture, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return Apply(picture, raster => raster.CenterCrop(width, height));
    }

    /// <summary>Mirrors left to right.</summary>
    /// <param name="picture">The picture.</param>
    public static Picture FlipHorizontal(Picture picture) => Apply(picture, raster => raster.FlipHorizontal());

    /// <summary>Converts to one channel with ITU-R 601's luma, as Pillow's <c>convert("L")</c> does.</summary>
    /// <param name="picture">The picture.</param>
    public static Picture ToGrey(Picture picture) => Apply(picture, raster => raster.ToGrey());

    private static Picture Apply(Picture picture, Func<Raster, Raster> transform)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var result = transform(Raster.Of(picture));
        var transformed = result.ToPicture();
        result.Return();
        return transformed;
    }
}
