namespace Fovea.Data;

/// <summary>Parts of sets whose annotations lie beside their images.</summary>
internal static class AnnotationParts
{
    /// <summary>The part that a name stands for, with or without a year: "train", "instances_val2017"; null where it names none.</summary>
    /// <param name="name">Name of a folder, or of a file without its ending.</param>
    public static Part? OfName(string name) => PartNames.Of(name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'));

    /// <summary>The part that the folders of a file stand for, the innermost first; null where they name none.</summary>
    /// <param name="path">The parts of the file's path.</param>
    public static Part? OfFolders(string[] path)
    {
        for (int i = path.Length - 2; i >= 0; i--)
        {
            if (OfName(path[i]) is Part part and not Part.Unlabelled)
            {
                return part;
            }
        }

        return null;
    }

    /// <summary>The part that a file stands for by its own name, else by its folders; null where these name none.</summary>
    /// <param name="path">The parts of the file's path.</param>
    public static Part? OfFile(string[] path)
    {
        string stem = Path.GetFileNameWithoutExtension(path[^1]);
        return OfName(stem) is Part part and not Part.Unlabelled ? part : OfFolders(path);
    }

    /// <summary>Arranges images by part; those that belong to none are the only part, or else for training.</summary>
    /// <param name="images">Images with the parts that they belong to.</param>
    public static Dictionary<Part, List<T>> Arrange<T>(IEnumerable<(Part? Part, T Image)> images)
    {
        Dictionary<Part, List<T>> parts = [];
        foreach ((Part? named, T image) in images)
        {
            Part part = named ?? Part.Training;
            if (!parts.TryGetValue(part, out List<T>? list))
            {
                parts.Add(part, list = []);
            }

            list.Add(image);
        }

        // A single part is the whole, whatever its name.
        return parts.Count == 1 ? new() { [Part.Training] = parts.Values.Single() } : parts;
    }
}
