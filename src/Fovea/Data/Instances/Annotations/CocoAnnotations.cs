namespace Fovea.Data;

/// <summary>
/// Reads sets with COCO's annotations: a JSON file for each part, told by its name or folder (<c>instances_val2017.json</c>,
/// <c>valid/_annotations.coco.json</c>). Ids of categories may have gaps; classes are in the order of the ids.
/// </summary>
internal static class CocoAnnotations
{
    private static readonly string[] _members = ["\"images\"", "\"annotations\"", "\"categories\""];

    /// <summary>Reads the annotations of a container; null where it holds none of this form.</summary>
    /// <param name="container">The folder or archive.</param>
    public static AnnotatedSet? Read(IContainer container)
    {
        Dictionary<Part, (ContainerFile File, CocoFile Coco)> files = [];
        foreach (ContainerFile text in container.Texts.OrderBy(text => text.Name, StringComparer.Ordinal))
        {
            if (!text.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            byte[] bytes = AnnotationText.ReadBytes(container, text);
            if (!Array.TrueForAll(_members, member => bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(member)) >= 0))
            {
                continue;
            }

            Part part = AnnotationParts.OfFile(text.Path) ?? Part.Training;
            if (!files.TryGetValue(part, out (ContainerFile File, CocoFile) other) || IsPreferred(text, other.File))
            {
                using MemoryStream stream = new(bytes);
                files[part] = (text, CocoFile.Read(stream, $"{container.Location}: {text.Name}"));
            }
            else if (!IsPreferred(other.File, text))
            {
                throw new InvalidDatasetException(
                    container.Location,
                    $"{other.File.Name} and {text.Name} could both be the annotations of one part. Take one of them out, or name them "
                    + "train, val and test.");
            }
        }

        return files.Count > 0 ? Read(container, files) : null;
    }

    /// <summary>True for COCO's own name of boxes and masks, beside which files of key points may lie.</summary>
    private static bool IsPreferred(ContainerFile one, ContainerFile other) => IsInstances(one) && !IsInstances(other);

    private static bool IsInstances(ContainerFile text) => text.Path[^1].StartsWith("instances", StringComparison.OrdinalIgnoreCase);

    private static AnnotatedSet Read(IContainer container, Dictionary<Part, (ContainerFile File, CocoFile Coco)> files)
    {
        ImageIndex index = new(container.Images);
        DataProblems problems = new();
        string[] classes = Classes(container.Location, files);
        List<(Part?, AnnotatedImage)> images = [];
        foreach ((Part part, (ContainerFile file, CocoFile coco)) in files.OrderBy(one => one.Key))
        {
            Dictionary<long, int> labels = coco.Categories.ToDictionary(
                category => category.Id,
                category => Array.FindIndex(classes, name => ClassNames.Key(name) == ClassNames.Key(category.Name)));
            ILookup<long, CocoAnnotation> objects = coco.Annotations.ToLookup(annotation => annotation.ImageId);
            foreach (CocoImage image in coco.Images)
            {
                string name = image.FileName ?? "";
                if (index.Find(name, file.Path, files.Count > 1 ? part : null) is not ContainerFile found)
                {
                    problems.Add(DataProblemKind.MissingImage, $"{file.Name}: {(name.Length > 0 ? name : $"image {image.Id}")}");
                    continue;
                }

                AnnotatedObject[] stated =
                [
                    .. objects[image.Id]
                        .Where(annotation => labels.ContainsKey(annotation.CategoryId))
                        .Select(annotation => Stated(annotation, labels[annotation.CategoryId], image)),
                ];
                images.Add((part, new AnnotatedImage(found, new ImageSize(image.Width, image.Height), _ => stated)));
            }

            foreach (CocoAnnotation unknown in coco.Annotations.Where(annotation => !labels.ContainsKey(annotation.CategoryId)))
            {
                problems.Add(DataProblemKind.UnknownClass, $"{file.Name}: annotation {unknown.Id} of category {unknown.CategoryId}");
            }
        }

        foreach (ContainerFile image in index.Left)
        {
            problems.Add(DataProblemKind.UnannotatedImage, image.Name);
        }

        bool hasMasks = files.Values.Any(one => one.Coco.Annotations.Any(annotation => annotation.Segmentation is not null));
        return new AnnotatedSet(AnnotationForm.Coco, classes, hasMasks) { Parts = AnnotationParts.Arrange(images), Problems = problems };
    }

    private static AnnotatedObject Stated(CocoAnnotation annotation, int label, CocoImage image)
    {
        CocoBox box = annotation.Box;
        return new AnnotatedObject(box.X, box.Y, box.X + box.Width, box.Y + box.Height, label)
        {
            IsCrowd = annotation.Crowd,
            Area = annotation.Area,
            Mask = annotation.Segmentation is CocoSegmentation segmentation
                ? () => segmentation.ToMask(image.Height, image.Width)
                : null,
        };
    }

    /// <summary>The classes of the training part, or of the only one, by their ids. Other parts may have no others with objects.</summary>
    private static string[] Classes(string location, Dictionary<Part, (ContainerFile File, CocoFile Coco)> files)
    {
        CocoFile first = files.TryGetValue(Part.Training, out (ContainerFile, CocoFile Coco) training)
            ? training.Coco
            : files.OrderBy(one => one.Key).First().Value.Coco;
        string[] classes = [.. first.Categories.OrderBy(category => category.Id).Select(category => category.Name)];
        HashSet<string> known = [.. classes.Select(ClassNames.Key)];
        foreach ((ContainerFile file, CocoFile coco) in files.Values)
        {
            HashSet<long> used = [.. coco.Annotations.Select(annotation => annotation.CategoryId)];
            string[] unknown = [.. coco.Categories
                .Where(category => used.Contains(category.Id) && !known.Contains(ClassNames.Key(category.Name)))
                .Select(category => category.Name)];
            if (unknown.Length > 0)
            {
                throw new InvalidDatasetException(
                    $"{location}: {file.Name}", $"its categories {ClassNames.List(unknown)} are none of the training part's.");
            }
        }

        return classes;
    }
}
