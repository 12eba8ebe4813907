namespace Fovea.Data;

/// <summary>Opens sets of images whose pixels have classes by their path, whatever their form.</summary>
public static class SegmentationDatasets
{
    /// <summary>
    /// Opens a set with all its parts: a folder, <c>.tar</c>, <c>.tar.gz</c> or <c>.zip</c> with <c>images/SPLIT</c>,
    /// <c>annotations/SPLIT</c> of PNG label maps of the same names and a list of the classes, <c>classes.txt</c>; or images with masks of
    /// objects, such as COCO's JSON.
    /// </summary>
    /// <param name="path">The folder or archive.</param>
    /// <param name="options">Choices; null for the defaults.</param>
    /// <exception cref="InvalidDatasetException">Nothing is there, or it cannot be used; the message says why.</exception>
    public static SegmentationParts OpenParts(string path, SegmentationDatasetOptions? options = null) =>
        FindParts(path, options) ?? Paint(path, options ?? new SegmentationDatasetOptions());

    /// <summary>Opens a set with label maps as <see cref="OpenParts"/> does; null where a path holds none.</summary>
    /// <param name="path">The folder or archive.</param>
    /// <param name="options">Choices; null for the defaults.</param>
    /// <exception cref="InvalidDatasetException">Nothing is there, or it cannot be used; the message says why.</exception>
    public static SegmentationParts? FindParts(string path, SegmentationDatasetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new InvalidDatasetException(
                path, "there is no such file or folder. Give a folder, .tar, .tar.gz or .zip with images and label maps.");
        }

        IContainer container = Containers.Open(path);
        try
        {
            DataProblems problems = new();
            if (LabelledImages.Find(container, problems) is Dictionary<Part, List<LabelledImage>> parts)
            {
                return Arrange(container, parts, problems, options ?? new SegmentationDatasetOptions());
            }
        }
        catch
        {
            container.Dispose();
            throw;
        }

        container.Dispose();
        return null;
    }

    private static SegmentationParts Arrange(
        IContainer container, Dictionary<Part, List<LabelledImage>> parts, DataProblems problems, SegmentationDatasetOptions options)
    {
        options.Labels.Validate();
        ClassFile? file = ClassFile.Read(container);
        IReadOnlyList<string> own = file?.Classes ?? options.Classes ?? throw new InvalidDatasetException(
            container.Location,
            "nothing names the classes of its label maps. Put classes.txt beside the images, with a line for each class, in their order.");
        IReadOnlyList<string> classes = options.Classes ?? own;
        LabelTable table = new(options.Labels, LabelsOf(container.Location, own, classes));
        string[] notes =
        [
            .. container.Notes(withTexts: false), .. problems.Found.Where(problem => problem.IsDropped).Select(problem => problem.Text),
        ];
        IReadOnlyList<Rgb> colors = ReferenceEquals(own, classes) || own.SequenceEqual(classes) ? file?.Colors ?? [] : [];
        return new SegmentationParts(
            Open(Part.Training), Open(Part.Validation), Open(Part.Test), problems.Found, notes, container)
        {
            Location = container.Location,
        };

        ISegmentationDataset? Open(Part part) =>
            parts.TryGetValue(part, out List<LabelledImage>? images)
                ? new SegmentationDataset(container, images, classes, colors, table)
                : null;
    }

    private static SegmentationParts Paint(string path, SegmentationDatasetOptions options)
    {
        options.Labels.Validate();
        InstanceParts objects = InstanceDatasets.FindParts(path) ?? throw new InvalidDatasetException(
            path,
            "there are no labels of pixels in it. Expected images/ and annotations/ with PNG label maps of the same names, "
            + "or images with masks of objects, such as COCO's JSON.");
        try
        {
            if (!objects.Measured.HasMasks)
            {
                throw new InvalidDatasetException(
                    path, "its objects have boxes, but no masks that could be painted. Give a set with masks or label maps.");
            }

            IReadOnlyList<string> own = objects.Classes;
            string? background = options.Labels.Background;
            IReadOnlyList<string> classes = options.Classes ?? (background is null ? own : [background, .. own]);
            int[] labels = LabelsOf(path, own, classes);
            int[] others = [.. Enumerable.Range(0, classes.Count).Except(labels)];
            if (classes.Count > LabelTable.MaxClasses || others.Length > 1)
            {
                throw new InvalidDatasetException(
                    path,
                    $"its classes are {ClassNames.List(own)}, but {ClassNames.List(classes)} are asked for. Give a set of these.");
            }

            byte outside = others.Length == 1 ? (byte)others[0] : ISegmentationDataset.Ignored;
            Dictionary<string, ISegmentationDataset> painted = objects.Named.ToDictionary(
                part => part.Name, part => (ISegmentationDataset)new PaintedDataset(part.Images, classes, labels, outside));
            return new SegmentationParts(
                painted.GetValueOrDefault("train"), painted.GetValueOrDefault("val"), painted.GetValueOrDefault("test"),
                objects.Problems, objects.Notes, objects)
            {
                Location = path,
            };
        }
        catch
        {
            objects.Dispose();
            throw;
        }
    }

    /// <summary>The label that each class of a set gets.</summary>
    private static int[] LabelsOf(string location, IReadOnlyList<string> own, IReadOnlyList<string> wanted)
    {
        string[] keys = [.. wanted.Select(ClassNames.Key)];
        int[] labels = [.. own.Select(name => Array.IndexOf(keys, ClassNames.Key(name)))];
        return !labels.Contains(-1) ? labels : throw new InvalidDatasetException(
            location,
            $"its classes {ClassNames.List([.. own.Where((_, i) => labels[i] < 0)])} are none of those asked for "
            + $"({ClassNames.List(wanted)}).");
    }
}
