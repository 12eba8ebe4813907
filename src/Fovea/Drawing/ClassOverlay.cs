using Fovea.Data;

namespace Fovea.Drawing;

/// <summary>Maps of classes over images: what is where.</summary>
public static class ClassOverlay
{
    /// <summary>Tints each pixel of an image with the colour of its class.</summary>
    /// <param name="image">The image, which stays as it is.</param>
    /// <param name="classes">Index of the class of each pixel, in one channel, of the image's size.</param>
    /// <param name="palette">Colours by index; pixels of an index beyond them stay as they are.</param>
    /// <param name="opacity">Strength of the colours, 0 (the image alone) to 1 (the colours alone).</param>
    /// <returns>An image of three channels and the same size.</returns>
    /// <exception cref="ArgumentException">The map has another size, or three channels.</exception>
    public static Image Of(Image image, Image classes, IReadOnlyList<Color> palette, float opacity = 0.5f)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentNullException.ThrowIfNull(palette);
        if (classes.Channels != 1 || (classes.Width, classes.Height) != (image.Width, image.Height))
        {
            throw new ArgumentException(
                $"The map has {classes.Width}×{classes.Height} pixels of {classes.Channels} channels; the image asks for "
                + $"{image.Width}×{image.Height} of 1.",
                nameof(classes));
        }

        byte[] pixels = new byte[image.Width * image.Height * 3];
        for (int i = 0; i < classes.Pixels.Length; i++)
        {
            int label = classes.Pixels[i];
            for (int channel = 0; channel < 3; channel++)
            {
                byte below = image.Pixels[image.Channels == 1 ? i : (3 * i) + channel];
                byte above = label >= palette.Count ? below : channel switch
                {
                    0 => palette[label].Red,
                    1 => palette[label].Green,
                    _ => palette[label].Blue,
                };
                pixels[(3 * i) + channel] = (byte)MathF.Round(below + ((above - below) * opacity));
            }
        }

        return new Image(image.Width, image.Height, 3, pixels);
    }
}
