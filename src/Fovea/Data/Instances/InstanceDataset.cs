namespace Fovea.Data;

/// <summary>Images with objects in a folder or archive, in the order of their names.</summary>
/// <remarks>
/// Objects are made when they are asked for, and kept. Annotations are meant for the image set upright, unless the size that they state is
/// that of the image as it is stored: then boxes and masks are turned along.
/// </remarks>
internal sealed class InstanceDataset : IInstanceDataset
{
    private readonly IContainer _container;
    private readonly AnnotatedImage[] _images;
    private readonly IReadOnlyList<Instance>?[] _instances;
    private readonly (ImageSize Size, ImageOrientation StoredAs)?[] _headers;

    /// <summary>Makes a set.</summary>
    /// <param name="container">The folder or archive.</param>
    /// <param name="images">The images.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="hasMasks">True if objects have masks.</param>
    public InstanceDataset(IContainer container, IEnumerable<AnnotatedImage> images, IReadOnlyList<string> classes, bool hasMasks)
    {
        (_container, Classes, HasMasks) = (container, classes, hasMasks);
        _images = [.. images.OrderBy(image => image.File.Name, StringComparer.Ordinal)];
        _instances = new IReadOnlyList<Instance>?[_images.Length];
        _headers = new (ImageSize, ImageOrientation)?[_images.Length];
    }

    /// <inheritdoc/>
    public int Count => _images.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes { get; }

    /// <inheritdoc/>
    public bool HasMasks { get; }

    /// <inheritdoc/>
    public string NameOf(int index) => _images[index].File.Name;

    /// <inheritdoc/>
    public ImageSize SizeOf(int index) => _images[index].StatedSize ?? Header(index).Size;

    /// <inheritdoc/>
    public Image Load(int index)
    {
        Image image = _container.Load(_images[index].File);
        if (!FitsStatedSize(index, new ImageSize(image.Width, image.Height), image.StoredAs))
        {
            ImageSize expected = _images[index].StatedSize!.Value;
            throw new InvalidImageException(
                $"{_container.Location}: {NameOf(index)}",
                $"it has {image.Width}×{image.Height} pixels, but its annotations are for {expected.Width}×{expected.Height}. "
                + "Take the image that was annotated.");
        }

        return image;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Instance> InstancesOf(int index)
    {
        if (Volatile.Read(ref _instances[index]) is IReadOnlyList<Instance> kept)
        {
            return kept;
        }

        List<Instance> made = Make(index, null);
        Volatile.Write(ref _instances[index], made);
        return made;
    }

    /// <summary>Size of an image set upright, as its file has it; as stated where that cannot be read.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    public ImageSize UprightSizeOf(int index) => Header(index).Size;

    /// <summary>Bytes of an image as they are stored.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="InvalidImageException">The image cannot be read.</exception>
    public byte[] ReadFile(int index) => _container.Read(_images[index].File);

    /// <summary>Tells the problems of an image and its annotations.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <param name="problems">Takes them.</param>
    /// <returns>The image; null where it cannot be read or has another size than stated.</returns>
    public Image? Check(int index, DataProblems problems)
    {
        try
        {
            Image image = _container.Load(_images[index].File);
            Make(index, problems);
            ImageSize size = new(image.Width, image.Height);
            if (!FitsStatedSize(index, size, image.StoredAs))
            {
                ImageSize stated = _images[index].StatedSize!.Value;
                problems.Add(
                    DataProblemKind.OtherSize, $"{NameOf(index)}: {size.Width}×{size.Height} instead of {stated.Width}×{stated.Height}");
                return null;
            }

            return image;
        }
        catch (InvalidImageException error)
        {
            problems.Add(DataProblemKind.UnreadableImage, error.Message.TrimEnd('.'));
            return null;
        }
    }

    private List<Instance> Make(int index, DataProblems? problems)
    {
        AnnotatedImage image = _images[index];
        (ImageSize upright, ImageOrientation storedAs) = Header(index);
        ImageSize size = image.StatedSize ?? upright;
        List<Instance> instances = InstanceRules.Apply(image, size, problems);
        if (size != upright && storedAs.SwapsSides() && size == new ImageSize(upright.Height, upright.Width))
        {
            for (int i = 0; i < instances.Count; i++)
            {
                Instance stored = instances[i];
                instances[i] = stored.Moved(
                    stored.Box.Turned(size.Width, size.Height, storedAs),
                    stored.Mask is RunLengthMask mask ? MaskTransforms.Turn(mask, storedAs) : null);
            }
        }

        return instances;
    }

    /// <summary>Size of the image set upright and how it is stored; as stated where its file cannot be read.</summary>
    private (ImageSize Size, ImageOrientation StoredAs) Header(int index)
    {
        if (_headers[index] is (ImageSize, ImageOrientation) known)
        {
            return known;
        }

        AnnotatedImage image = _images[index];
        (ImageSize, ImageOrientation) header;
        try
        {
            header = ImageHeader.Read(_container.Read(image.File), image.File.Name);
        }
        catch (InvalidImageException) when (image.StatedSize is not null)
        {
            header = (image.StatedSize.Value, ImageOrientation.Upright);
        }

        _headers[index] = header;
        return header;
    }

    private bool FitsStatedSize(int index, ImageSize size, ImageOrientation storedAs) =>
        _images[index].StatedSize is not ImageSize stated || stated == size
        || (storedAs.SwapsSides() && stated == new ImageSize(size.Height, size.Width));
}
