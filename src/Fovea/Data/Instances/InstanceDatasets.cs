namespace Fovea.Data;

/// <summary>Opens sets of images with objects by their path, whatever the form of their annotations.</summary>
public static class InstanceDatasets
{
    private static readonly Func<IContainer, AnnotatedSet?>[] _readers = [CocoAnnotations.Read, VocReader.Read, YoloReader.Read];

    /// <summary>
    /// Opens a set with all its parts: a folder, <c>.tar</c>, <c>.tar.gz</c> or <c>.zip</c> with images and annotations as COCO's JSON,
    /// Pascal VOC's XML or YOLO's text files, told by their content.
    /// </summary>
    /// <param name="path">The folder or archive.</param>
    /// <param name="options">Choices; null for the defaults.</param>
    /// <exception cref="InvalidDatasetException">Nothing is there, or it cannot be used; the message says why.</exception>
    public static InstanceParts OpenParts(string path, InstanceDatasetOptions? options = null) =>
        FindParts(path, options) ?? throw new InvalidDatasetException(
            path,
            "there are no annotations of objects in it. Expected images with COCO's JSON, with Pascal VOC's XML files, "
            + "or images/ and labels/ with YOLO's text files.");

    /// <summary>Opens a set as <see cref="OpenParts"/> does; null where a path holds images without annotations of objects.</summary>
    /// <param name="path">The folder or archive.</param>
    /// <param name="options">Choices; null for the defaults.</param>
    /// <exception cref="InvalidDatasetException">Nothing is there, or it cannot be used; the message says why.</exception>
    public static InstanceParts? FindParts(string path, InstanceDatasetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new InvalidDatasetException(
                path, "there is no such file or folder. Give a folder, .tar, .tar.gz or .zip with images and annotations.");
        }

        IContainer container = Containers.Open(path);
        try
        {
            foreach (Func<IContainer, AnnotatedSet?> read in _readers)
            {
                if (read(container) is AnnotatedSet set)
                {
                    return Arrange(container, set, options ?? new InstanceDatasetOptions());
                }
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

    private static InstanceParts Arrange(IContainer container, AnnotatedSet set, InstanceDatasetOptions options)
    {
        if (set.Parts.Count == 0)
        {
            throw new InvalidDatasetException(
                container.Location, "none of the annotated images is there. Put the images beside the annotations.");
        }

        IReadOnlyList<string> classes = options.Classes ?? set.Classes;
        int[] labels = Labels(container.Location, set.Classes, classes);
        DataProblems counted = new();
        counted.Add(set.Problems.Found);
        IInstanceDataset?[] parts = [.. new[] { Part.Training, Part.Validation, Part.Test }.Select(Open)];
        string[] notes =
        [
            .. container.Notes(withTexts: false), .. counted.Found.Where(problem => problem.IsDropped).Select(problem => problem.Text),
        ];
        return new InstanceParts(set.Form, parts[0], parts[1], parts[2], set.Problems.Found, notes, container)
        {
            Location = container.Location,
        };

        InstanceDataset? Open(Part part)
        {
            if (!set.Parts.TryGetValue(part, out List<AnnotatedImage>? images))
            {
                return null;
            }

            List<AnnotatedImage> chosen = [];
            foreach (AnnotatedImage image in images)
            {
                // Without its size, an image is only known once it is read.
                int objects = image.StatedSize is ImageSize size
                    ? InstanceRules.Count(image, size, counted)
                    : image.Objects(new ImageSize(Image.MaxSide, Image.MaxSide)).Count;
                if (objects > 0 || options.KeepEmptyImages)
                {
                    chosen.Add(options.Classes is null ? image : Relabelled(image, labels));
                }
            }

            bool isNeeded = part == Part.Training || !set.Parts.ContainsKey(Part.Training);
            return chosen.Count > 0 || isNeeded ? new InstanceDataset(container, chosen, classes, set.HasMasks) : null;
        }
    }

    private static AnnotatedImage Relabelled(AnnotatedImage image, int[] labels) => image with
    {
        Objects = size => [.. image.Objects(size).Select(one => one with { Label = labels[one.Label] })],
    };

    /// <summary>The label that each class of the set gets.</summary>
    private static int[] Labels(string location, IReadOnlyList<string> own, IReadOnlyList<string> wanted)
    {
        if (ReferenceEquals(own, wanted))
        {
            return [.. Enumerable.Range(0, own.Count)];
        }

        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        for (int label = 0; label < wanted.Count; label++)
        {
            numbers.TryAdd(ClassNames.Key(wanted[label]), label);
        }

        string[] unknown = [.. own.Where(name => !numbers.ContainsKey(ClassNames.Key(name)))];
        return unknown.Length == 0
            ? [.. own.Select(name => numbers[ClassNames.Key(name)])]
            : throw new InvalidDatasetException(
                location, $"its classes {ClassNames.List(unknown)} are none of those asked for ({ClassNames.List(wanted)}).");
    }
}
