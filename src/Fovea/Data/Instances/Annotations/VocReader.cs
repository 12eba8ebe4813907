using System.Globalization;
using System.Xml;

namespace Fovea.Data;

/// <summary>
/// Reads Pascal VOC's annotations: an XML file for each image. Coordinates count pixels from 1, the last one included, so that a box goes
/// from x₁ − 1, y₁ − 1 to x₂, y₂. Parts are the lists in <c>ImageSets/Main</c>, else folders by name.
/// </summary>
internal sealed class VocReader
{
    private const string Beginning = "<annotation";
    private readonly IContainer _container;
    private readonly ImageIndex _index;
    private readonly Dictionary<string, Part>? _lists;
    private readonly DataProblems _problems = new();
    private readonly List<(Part? Part, AnnotatedImage Image, List<(string Class, AnnotatedObject Object)> Objects)> _read = [];

    private VocReader(IContainer container)
    {
        (_container, _index) = (container, new ImageIndex(container.Images));
        _lists = ReadLists();
    }

    /// <summary>Reads the annotations of a container; null where it holds none of this form.</summary>
    /// <param name="container">The folder or archive.</param>
    public static AnnotatedSet? Read(IContainer container)
    {
        ContainerFile[] files =
            [.. container.Texts.Where(text => HasEnding(text, ".xml")).OrderBy(text => text.Name, StringComparer.Ordinal)];
        return Array.Exists(files, file => AnnotationText.Read(container, file).Contains(Beginning, StringComparison.Ordinal))
            ? new VocReader(container).Read(files)
            : null;
    }

    private static bool HasEnding(ContainerFile text, string ending) => text.Name.EndsWith(ending, StringComparison.OrdinalIgnoreCase);

    private AnnotatedSet Read(ContainerFile[] files)
    {
        foreach (ContainerFile file in files)
        {
            string text = AnnotationText.Read(_container, file);
            if (text.Contains(Beginning, StringComparison.Ordinal))
            {
                Add(file, text);
            }
        }

        foreach (ContainerFile image in _index.Left.Where(image => !Array.Exists(image.Path, IsSegmentation)))
        {
            _problems.Add(DataProblemKind.UnannotatedImage, image.Name);
        }

        string[] classes = [.. _read.SelectMany(read => read.Objects).Select(one => one.Class).Distinct().Order(StringComparer.Ordinal)];
        return new AnnotatedSet(AnnotationForm.Voc, classes, HasMasks: false)
        {
            Parts = AnnotationParts.Arrange(_read.Select(read => (read.Part, Numbered(read.Image, read.Objects, classes)))),
            Problems = _problems,
        };
    }

    private static bool IsSegmentation(string folder) => folder.StartsWith("Segmentation", StringComparison.Ordinal);

    private static AnnotatedImage Numbered(AnnotatedImage image, List<(string Class, AnnotatedObject Object)> objects, string[] classes)
    {
        AnnotatedObject[] numbered =
            [.. objects.Select(one => one.Object with { Label = Array.BinarySearch(classes, one.Class, StringComparer.Ordinal) })];
        return image with { Objects = _ => numbered };
    }

    private void Add(ContainerFile file, string text)
    {
        XmlElement annotation;
        try
        {
            annotation = XmlElement.Parse(text);
        }
        catch (XmlException error)
        {
            _problems.Add(DataProblemKind.UnreadableAnnotation, $"{file.Name}: {error.Message.TrimEnd('.')}");
            return;
        }

        string stem = Path.GetFileNameWithoutExtension(file.Path[^1]);
        Part? part = null;
        if (_lists is null)
        {
            part = AnnotationParts.OfFolders(file.Path);
        }
        else if (_lists.TryGetValue(stem, out Part listed))
        {
            part = listed;
        }
        else
        {
            // Lists choose: VOC's own hold a share of the images that have annotations.
            _index.FindStem(stem, file.Path, null);
            return;
        }

        string name = annotation.Child("filename")?.Text ?? "";
        ContainerFile? image = (name.Length > 0 ? _index.Find(name, file.Path, null) : null) ?? _index.FindStem(stem, file.Path, null);
        if (image is null)
        {
            _problems.Add(DataProblemKind.MissingImage, $"{file.Name}: {(name.Length > 0 ? name : stem)}");
            return;
        }

        List<(string, AnnotatedObject)> objects = [];
        foreach (XmlElement element in annotation.Children("object"))
        {
            AddObject(file, element, objects);
        }

        _read.Add((part, new AnnotatedImage(image, SizeOf(annotation), _ => []), objects));
    }

    private void AddObject(ContainerFile file, XmlElement element, List<(string Class, AnnotatedObject Object)> objects)
    {
        string name = element.Child("name")?.Text ?? "";
        if (name.Length == 0 || element.Child("bndbox") is not XmlElement box)
        {
            _problems.Add(DataProblemKind.UnreadableAnnotation, $"{file.Name}: an object without name or bndbox");
            return;
        }

        AnnotatedObject stated = new(Number(box, "xmin") - 1, Number(box, "ymin") - 1, Number(box, "xmax"), Number(box, "ymax"), 0)
        {
            IsCrowd = element.Child("difficult")?.Text == "1",
        };
        objects.Add((name, stated));
    }

    private static ImageSize? SizeOf(XmlElement annotation)
    {
        XmlElement? size = annotation.Child("size");
        (double width, double height) = size is null ? (0, 0) : (Number(size, "width"), Number(size, "height"));
        return width is >= 1 and <= Image.MaxSide && height is >= 1 and <= Image.MaxSide ? new ImageSize((int)width, (int)height) : null;
    }

    private static double Number(XmlElement parent, string name) =>
        double.TryParse(parent.Child(name)?.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : double.NaN;

    /// <summary>Parts by the names of their images; null where there are no lists.</summary>
    private Dictionary<string, Part>? ReadLists()
    {
        Dictionary<string, ContainerFile> lists = new(StringComparer.Ordinal);
        foreach (ContainerFile text in _container.Texts)
        {
            if (text.Path is [.., "ImageSets", "Main", string name] && HasEnding(text, ".txt"))
            {
                lists[Path.GetFileNameWithoutExtension(name)] = text;
            }
        }

        Dictionary<string, Part> parts = new(StringComparer.Ordinal);
        Add("train", Part.Training);
        Add("val", Part.Validation);
        Add("test", Part.Test);

        // The union of both is used where it is all there is.
        if (!parts.ContainsValue(Part.Training))
        {
            Add("trainval", Part.Training);
        }

        return parts.Count > 0 ? parts : null;

        void Add(string list, Part part)
        {
            foreach (string line in lists.TryGetValue(list, out ContainerFile? file)
                ? AnnotationText.Lines(AnnotationText.Read(_container, file))
                : [])
            {
                parts.TryAdd(line.Split([' ', '\t'], 2)[0], part);
            }
        }
    }
}
