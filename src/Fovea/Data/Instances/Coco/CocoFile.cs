using System.Text.Json;

namespace Fovea.Data;

/// <summary>COCO's file of annotations: images, categories, and the objects in the images.</summary>
public sealed class CocoFile
{
    private readonly Dictionary<long, CocoImage> _images = [];
    private readonly Dictionary<long, CocoCategory> _categories = [];

    /// <summary>Puts a file together.</summary>
    /// <param name="images">Images; each id once, sizes of at least one pixel.</param>
    /// <param name="categories">Classes; each id once.</param>
    /// <param name="annotations">
    /// Objects; each id once, of these images, with finite boxes and areas. One of a category that is not listed is kept: COCO's metrics
    /// pass it over, and a set of images leaves it out.
    /// </param>
    /// <exception cref="ArgumentException">That does not hold; the message names the id.</exception>
    public CocoFile(
        IReadOnlyList<CocoImage> images, IReadOnlyList<CocoCategory> categories, IReadOnlyList<CocoAnnotation> annotations)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(categories);
        ArgumentNullException.ThrowIfNull(annotations);
        (Images, Categories, Annotations) = (images, categories, annotations);
        foreach (CocoImage image in images)
        {
            Require(_images.TryAdd(image.Id, image), $"The id {image.Id} stands at two images.");
            Require(image.Width > 0 && image.Height > 0, $"Image {image.Id} has the size {image.Width}x{image.Height}.");
        }

        foreach (CocoCategory category in categories)
        {
            Require(_categories.TryAdd(category.Id, category), $"The id {category.Id} stands at two categories.");
        }

        HashSet<long> ids = [];
        foreach (CocoAnnotation annotation in annotations)
        {
            long id = annotation.Id;
            Require(ids.Add(id), $"The id {id} stands at two annotations.");
            Require(_images.ContainsKey(annotation.ImageId), $"Annotation {id} is of image {annotation.ImageId}, which is not listed.");
            Require(annotation.Box.IsFinite && double.IsFinite(annotation.Area), $"Annotation {id} has a box or an area without bounds.");
        }
    }

    /// <summary>Images, in the file's order.</summary>
    public IReadOnlyList<CocoImage> Images { get; }

    /// <summary>Classes, in the file's order.</summary>
    public IReadOnlyList<CocoCategory> Categories { get; }

    /// <summary>Objects, in the file's order.</summary>
    public IReadOnlyList<CocoAnnotation> Annotations { get; }

    /// <summary>Images by id.</summary>
    public IReadOnlyDictionary<long, CocoImage> ImagesById => _images;

    /// <summary>Classes by id.</summary>
    public IReadOnlyDictionary<long, CocoCategory> CategoriesById => _categories;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The JSON file.</param>
    /// <exception cref="InvalidDatasetException">
    /// The file cannot be read, is not COCO's, or contradicts itself; the message names the entry or the id.
    /// </exception>
    public static CocoFile Read(string path) => CocoJsonFile.Open(path, Read);

    /// <summary>Reads a file from a stream.</summary>
    /// <param name="stream">The JSON text.</param>
    /// <param name="name">Name of the file, for error messages.</param>
    /// <exception cref="InvalidDatasetException">
    /// The text is not COCO's, or contradicts itself; the message names the entry or the id.
    /// </exception>
    public static CocoFile Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return CocoReader.Read(CocoJsonFile.Read(stream, name, CocoJson.Default.CocoJsonDocument), name);
    }

    /// <summary>Writes the file.</summary>
    /// <param name="stream">Receives the JSON text; masks become the compressed form.</param>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CocoJsonDocument document = new()
        {
            Images = [.. Images.Select(image => new CocoJsonImage
            {
                Id = image.Id,
                FileName = image.FileName,
                Width = image.Width,
                Height = image.Height,
            })],
            Categories = [.. Categories.Select(category => new CocoJsonCategory { Id = category.Id, Name = category.Name })],
            Annotations = [.. Annotations.Select(annotation => new CocoJsonObject
            {
                Id = annotation.Id,
                ImageId = annotation.ImageId,
                CategoryId = annotation.CategoryId,
                Bbox = CocoMembers.Numbers(annotation.Box),
                Area = annotation.Area,
                Iscrowd = annotation.Crowd,
                Segmentation = annotation.Segmentation,
            })],
        };
        JsonSerializer.Serialize(stream, document, CocoJson.Default.CocoJsonDocument);
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new ArgumentException(problem);
        }
    }
}
