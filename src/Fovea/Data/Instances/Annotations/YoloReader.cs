using System.Globalization;

namespace Fovea.Data;

/// <summary>
/// Reads YOLO's annotations: for an image <c>…/images/…/name.jpg</c> the text <c>…/labels/…/name.txt</c>, whose lines hold a class and a
/// box (centre, width and height) or the corners of a polygon, all as shares of the image's sides. An image without such a text has no
/// objects.
/// </summary>
internal sealed class YoloReader
{
    private const string Images = "images";
    private const string Labels = "labels";
    private const int BoxNumbers = 4;
    private const int LeastPolygon = 6;
    private readonly IContainer _container;
    private readonly DataProblems _problems = new();
    private readonly IReadOnlyList<string>? _names;
    private int _classes;
    private bool _hasMasks;

    private YoloReader(IContainer container) => (_container, _names) = (container, YoloNames.Read(container));

    /// <summary>Reads the annotations of a container; null where it holds none of this form.</summary>
    /// <param name="container">The folder or archive.</param>
    public static AnnotatedSet? Read(IContainer container)
    {
        Dictionary<string, ContainerFile> labels = new(StringComparer.Ordinal);
        foreach (ContainerFile text in container.Texts)
        {
            if (text.Path.AsSpan(..^1).Contains(Labels) && text.Name.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
            {
                labels[text.Name[..^4]] = text;
            }
        }

        ContainerFile[] images = [.. container.Images.Where(image => Array.LastIndexOf(image.Path, Images, image.Path.Length - 1) >= 0)];
        return labels.Count > 0 && images.Length > 0 ? new YoloReader(container).Read(images, labels) : null;
    }

    private AnnotatedSet Read(ContainerFile[] images, Dictionary<string, ContainerFile> labels)
    {
        List<(Part?, AnnotatedImage)> read = [];
        foreach (ContainerFile image in images)
        {
            string[] path = [.. image.Path];
            path[Array.LastIndexOf(path, Images)] = Labels;
            path[^1] = Path.GetFileNameWithoutExtension(path[^1]);
            Stated[] objects = labels.Remove(string.Join('/', path), out ContainerFile? text) ? ReadObjects(text) : [];
            read.Add((AnnotationParts.OfFolders(image.Path), new AnnotatedImage(
                image, null, size => [.. objects.Select(one => one.In(size))])));
        }

        foreach (ContainerFile text in labels.Values.Where(text => text.Path[^1] != YoloNames.ClassesFile))
        {
            _problems.Add(DataProblemKind.MissingImage, text.Name);
        }

        IReadOnlyList<string> names =
            _names ?? [.. Enumerable.Range(0, _classes).Select(label => label.ToString(CultureInfo.InvariantCulture))];
        return new AnnotatedSet(AnnotationForm.Yolo, names, _hasMasks)
        {
            Parts = AnnotationParts.Arrange(read),
            Problems = _problems,
        };
    }

    private Stated[] ReadObjects(ContainerFile text)
    {
        List<Stated> objects = [];
        string[] lines = AnnotationText.Lines(AnnotationText.Read(_container, text));
        for (int line = 0; line < lines.Length; line++)
        {
            string place = $"{text.Name}: line {line + 1}";
            string[] words = lines[line].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            double[] numbers = new double[words.Length - 1];
            bool isNumbers = int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int label);
            for (int i = 0; i < numbers.Length; i++)
            {
                isNumbers &= double.TryParse(words[i + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]);
            }

            bool isPolygon = numbers.Length >= LeastPolygon && numbers.Length % 2 == 0;
            if (!isNumbers || !(isPolygon || numbers.Length == BoxNumbers))
            {
                _problems.Add(DataProblemKind.UnreadableAnnotation, place);
            }
            else if (_names is not null && label >= _names.Count)
            {
                _problems.Add(DataProblemKind.UnknownClass, $"{place}: class {label}");
            }
            else
            {
                _classes = Math.Max(_classes, label + 1);
                _hasMasks |= isPolygon;
                objects.Add(new Stated(label, numbers));
            }
        }

        return [.. objects];
    }

    /// <summary>An object in shares of the image's sides.</summary>
    private sealed record Stated(int Label, double[] Numbers)
    {
        /// <summary>The object in pixels.</summary>
        public AnnotatedObject In(ImageSize size)
        {
            if (Numbers.Length == BoxNumbers)
            {
                (double x, double y) = (Numbers[0] * size.Width, Numbers[1] * size.Height);
                (double halfWidth, double halfHeight) = (Numbers[2] * size.Width / 2, Numbers[3] * size.Height / 2);
                return new AnnotatedObject(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, Label);
            }

            double[] corners = new double[Numbers.Length];
            for (int i = 0; i < corners.Length; i++)
            {
                corners[i] = Numbers[i] * (i % 2 == 0 ? size.Width : size.Height);
            }

            double[] xs = [.. corners.Where((_, i) => i % 2 == 0)];
            double[] ys = [.. corners.Where((_, i) => i % 2 == 1)];
            return new AnnotatedObject(xs.Min(), ys.Min(), xs.Max(), ys.Max(), Label)
            {
                Mask = () => RunLengthMask.FromPolygons(size.Height, size.Width, [corners]),
            };
        }
    }
}
