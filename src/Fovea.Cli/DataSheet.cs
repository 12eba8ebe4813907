using Fovea.Data;
using Fovea.Drawing;

namespace Fovea.Cli;

/// <summary>Sheets of images of a data set with their classes, boxes and masks, or the classes of their pixels.</summary>
internal static class DataSheet
{
    private const int Most = 24;
    private const int Side = 320;

    private const float LabelOpacity = 0.6f;

    // More labels than this hide what they name.
    private const int MostLabels = 8;

    /// <summary>Draws a sheet of images that are spread over the parts of a set; those that cannot be read are passed over.</summary>
    /// <param name="parts">Sets with classes, of images or of pixels, or with objects.</param>
    public static Image Draw(IReadOnlyList<ISampleSource> parts)
    {
        long total = parts.Sum(part => (long)part.Count);
        List<(Image, string)> cells = [];
        for (int cell = 0; cell < Math.Min(Most, total); cell++)
        {
            long at = cell * total / Math.Min(Most, total);
            int part = 0;
            while (at >= parts[part].Count)
            {
                at -= parts[part++].Count;
            }

            try
            {
                cells.Add(Cell(parts[part], (int)at));
            }
            catch (InvalidImageException)
            {
                // The check names it.
            }
        }

        return cells.Count > 0
            ? new ContactSheet { CellSide = Side }.Draw(cells)
            : throw new UnusableDataException("None of the images can be read, so there is nothing to draw.");
    }

    private static (Image Image, string Caption) Cell(ISampleSource source, int index)
    {
        using Sample sample = new();
        sample.Start(source.Load(index), index);
        source.Describe(index, sample);
        double scale = (double)Side / Math.Max(sample.Width, sample.Height);
        sample.Resize(Math.Max(1, (int)(sample.Width * scale)), Math.Max(1, (int)(sample.Height * scale)));
        string name = source.NameOf(index);
        if (source is ISegmentationDataset labelled)
        {
            Image labels = new(sample.Width, sample.Height, 1, sample.Mask.ToArray());
            IReadOnlyList<Color> palette = Palette.Of(labelled.Classes.Count, labelled.Colors);
            return (ClassOverlay.Of(sample.ToImage(), labels, palette, LabelOpacity), Path.GetFileName(name));
        }

        if (source is not IInstanceDataset instances)
        {
            return (sample.ToImage(), name);
        }

        using Canvas canvas = new(sample.ToImage());
        byte[] pixels = new byte[sample.Width * sample.Height];
        foreach (Instance instance in sample.Instances.Where(one => one.Mask is not null))
        {
            instance.Mask!.CopyTo(pixels);
            canvas.DrawMask(new Image(sample.Width, sample.Height, 1, pixels), 1, Color.Of(instance.Box.Label));
        }

        bool hasLabels = sample.Instances.Count <= MostLabels;
        foreach (Instance instance in sample.Instances)
        {
            canvas.DrawBox(instance.Box, hasLabels ? instances.Classes[instance.Box.Label] : "");
        }

        return (canvas.ToImage(), $"{Path.GetFileName(name)}: {sample.Instances.Count}");
    }
}
