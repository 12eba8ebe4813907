namespace Fovea.Data;

/// <summary>Images with label maps in a folder or archive, in the order of their names.</summary>
/// <remarks>
/// Label maps are meant for the image set upright, unless their size is that of the image as it is stored: then they are turned along.
/// </remarks>
internal sealed class SegmentationDataset : ISegmentationDataset
{
    private readonly IContainer _container;
    private readonly LabelledImage[] _images;
    private readonly LabelTable _table;
    private readonly (ImageSize Size, ImageOrientation StoredAs)?[] _headers;

    /// <summary>Makes a set.</summary>
    /// <param name="container">The folder or archive.</param>
    /// <param name="images">The images.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="colors">Colours of the classes; empty for none.</param>
    /// <param name="table">Classes of the numbers in the label maps.</param>
    public SegmentationDataset(
        IContainer container,
        IEnumerable<LabelledImage> images,
        IReadOnlyList<string> classes,
        IReadOnlyList<Rgb> colors,
        LabelTable table)
    {
        (_container, Classes, Colors, _table) = (container, classes, colors, table);
        _images = [.. images.OrderBy(image => image.Image.Name, StringComparer.Ordinal)];
        _headers = new (ImageSize, ImageOrientation)?[_images.Length];
    }

    /// <inheritdoc/>
    public int Count => _images.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Rgb> Colors { get; }

    /// <inheritdoc/>
    public string NameOf(int index) => _images[index].Image.Name;

    /// <inheritdoc/>
    public Image Load(int index) => _container.Load(_images[index].Image);

    /// <inheritdoc/>
    public Image LoadLabels(int index)
    {
        DataProblems problems = new();
        Image? labels = Read(index, problems, out InvalidImageException? error);
        return error is null ? labels! : throw error;
    }

    /// <summary>Tells the problems of an image and its label map.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <param name="problems">Takes them.</param>
    /// <returns>The image; null where it cannot be read.</returns>
    public Image? Check(int index, DataProblems problems)
    {
        try
        {
            Image image = Load(index);
            Read(index, problems, out _);
            return image;
        }
        catch (InvalidImageException error)
        {
            problems.Add(DataProblemKind.UnreadableImage, error.Message.TrimEnd('.'));
            return null;
        }
    }

    private Image? Read(int index, DataProblems problems, out InvalidImageException? error)
    {
        ContainerFile file = _images[index].Labels;
        string name = $"{_container.Location}: {file.Name}";
        Image map;
        try
        {
            map = ImageFile.DecodeIndices(_container.Read(file), name);
        }
        catch (InvalidImageException unreadable)
        {
            problems.Add(DataProblemKind.UnreadableLabels, unreadable.Message.TrimEnd('.'));
            error = unreadable;
            return null;
        }

        (ImageSize size, ImageOrientation storedAs) = Header(index);
        ImageSize stored = storedAs.SwapsSides() ? new ImageSize(size.Height, size.Width) : size;
        ImageSize own = new(map.Width, map.Height);
        if (own != size && own != stored)
        {
            problems.Add(DataProblemKind.OtherSize, $"{NameOf(index)}: {size.Width}×{size.Height} instead of {own.Width}×{own.Height}");
            error = new InvalidImageException(
                name,
                $"it has {own.Width}×{own.Height} pixels, but its image {NameOf(index)} has {size.Width}×{size.Height}. "
                + "Take the image that was labelled.");
            return null;
        }

        if (_table.Apply(map.Pixels) is int beyond)
        {
            problems.Add(DataProblemKind.UnknownIndex, $"{file.Name}: {beyond}");
            error = new InvalidImageException(
                name,
                $"it has the index {beyond}, which stands for none of the {Classes.Count} classes. Name all classes, in their order, or "
                + "say what the numbers mean (ignored, reduceZeroLabel).");
            return null;
        }

        error = null;
        return own == size ? map : map.ToUpright(storedAs);
    }

    private (ImageSize Size, ImageOrientation StoredAs) Header(int index)
    {
        ContainerFile file = _images[index].Image;
        return _headers[index] ??= ImageHeader.Read(_container.Read(file), file.Name);
    }
}
