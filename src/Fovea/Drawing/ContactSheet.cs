using Fovea.Data;

namespace Fovea.Drawing;

/// <summary>Sheets of many images in rows and columns, each with a caption below.</summary>
public sealed record ContactSheet
{
    private const float CaptionSize = 12;
    private const int CaptionHeight = 18;

    /// <summary>Images in a row.</summary>
    public int Columns { get; init; } = 4;

    /// <summary>Width in pixels of the cell that each image is fitted into; its height, too, where there is no other.</summary>
    public int CellSide { get; init; } = 160;

    /// <summary>Height in pixels of a cell; null for a square.</summary>
    public int? CellHeight { get; init; }

    /// <summary>Pixels between cells, and around the sheet.</summary>
    public int Gap { get; init; } = 8;

    /// <summary>Colour of the sheet.</summary>
    public Color Background { get; init; } = Color.White;

    private int Rows => CellHeight ?? CellSide;

    /// <summary>Gives the size of a sheet.</summary>
    /// <param name="count">Number of images.</param>
    public ImageSize SizeOf(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        int columns = Math.Min(Columns, count);
        int rows = (count + columns - 1) / columns;
        return new ImageSize(Gap + (columns * (CellSide + Gap)), Gap + (rows * (Rows + CaptionHeight + Gap)));
    }

    /// <summary>Draws a sheet.</summary>
    /// <param name="images">Images with their captions, at least one; captions that are too long are cut.</param>
    /// <exception cref="ArgumentException">There is no image, or a size is not positive.</exception>
    public Image Draw(IReadOnlyList<(Image Image, string Caption)> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Columns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(CellSide);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Rows, nameof(CellHeight));
        ArgumentOutOfRangeException.ThrowIfNegative(Gap);
        ImageSize size = SizeOf(images.Count);
        using Canvas canvas = new(size.Width, size.Height, Background);
        for (int i = 0; i < images.Count; i++)
        {
            int left = Gap + (i % Columns * (CellSide + Gap));
            int top = Gap + (i / Columns * (Rows + CaptionHeight + Gap));
            Image image = images[i].Image;
            double scale = Math.Min((double)CellSide / image.Width, (double)Rows / image.Height);
            int width = Math.Max(1, (int)(image.Width * scale));
            int height = Math.Max(1, (int)(image.Height * scale));
            canvas.Draw(image, left + ((CellSide - width) / 2), top + ((Rows - height) / 2), width, height);
            canvas.DrawText(Cut(images[i].Caption), left, top + Rows + 2, Background.Contrast, CaptionSize);
        }

        return canvas.ToImage();
    }

    private string Cut(string caption)
    {
        if (Canvas.MeasureText(caption, CaptionSize) <= CellSide)
        {
            return caption;
        }

        int length = caption.Length;
        while (length > 0 && Canvas.MeasureText(caption[..length] + "…", CaptionSize) > CellSide)
        {
            length--;
        }

        return caption[..length] + "…";
    }
}
