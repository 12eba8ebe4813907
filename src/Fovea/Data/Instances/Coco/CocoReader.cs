namespace Fovea.Data;

/// <summary>Makes COCO's annotations from the members of the JSON text, and what follows where a member is missing.</summary>
internal static class CocoReader
{
    /// <summary>Reads all members.</summary>
    /// <param name="document">The parsed text.</param>
    /// <param name="name">Name of the file, for error messages.</param>
    public static CocoFile Read(CocoJsonDocument document, string name)
    {
        CocoMembers file = new(name, "The file");
        CocoImage[] images = Entries(name, "images", file.Require(document.Images, "images"), entry => entry.Id, Image);
        CocoCategory[] categories =
            Entries(name, "categories", file.Require(document.Categories, "categories"), entry => entry.Id, Category);

        // Twice the same id is an error further on; here any of the two will do.
        Dictionary<long, CocoImage> byId = [];
        foreach (CocoImage image in images)
        {
            byId[image.Id] = image;
        }

        CocoAnnotation[] annotations = Entries(
            name,
            "annotations",
            file.Require(document.Annotations, "annotations"),
            entry => entry.Id,
            (members, entry) => Annotation(members, entry, byId));
        try
        {
            return new CocoFile(images, categories, annotations);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDatasetException(name, error.Message, error);
        }
    }

    private static TResult[] Entries<TEntry, TResult>(
        string file, string list, List<TEntry?> entries, Func<TEntry, long?> id, Func<CocoMembers, TEntry, TResult> read)
        where TEntry : class
    {
        TResult[] results = new TResult[entries.Count];
        for (int i = 0; i < results.Length; i++)
        {
            CocoMembers members = new(file, $"{list}[{i}]", entries[i] is TEntry entry ? id(entry) : null);
            results[i] = read(members, members.Require(entries[i]));
        }

        return results;
    }

    private static CocoImage Image(CocoMembers members, CocoJsonImage entry) => new(
        members.Require(entry.Id, "id"),
        members.Require(entry.Width, "width"),
        members.Require(entry.Height, "height"),
        entry.FileName);

    private static CocoCategory Category(CocoMembers members, CocoJsonCategory entry) =>
        new(members.Require(entry.Id, "id"), members.Require(entry.Name, "name"));

    private static CocoAnnotation Annotation(CocoMembers members, CocoJsonObject entry, Dictionary<long, CocoImage> images)
    {
        long id = members.Require(entry.Id, "id");
        long imageId = members.Require(entry.ImageId, "image_id");
        CocoBox? box = members.Box(entry.Bbox);
        double? area = entry.Area;
        if ((box is null || area is null)
            && entry.Segmentation is CocoSegmentation segmentation
            && images.TryGetValue(imageId, out CocoImage? image))
        {
            RunLengthMask mask = members.Draw(segmentation, image);
            box ??= mask.Bounds;
            area ??= mask.Area;
        }

        CocoBox known = members.Require(box, "bbox");
        return new CocoAnnotation(
            id,
            imageId,
            members.Require(entry.CategoryId, "category_id"),
            known,
            area ?? known.Area,
            entry.Iscrowd ?? false,
            entry.Segmentation);
    }
}
