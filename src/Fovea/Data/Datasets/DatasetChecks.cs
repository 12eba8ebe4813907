namespace Fovea.Data;

/// <summary>Checks that every data set passes before training.</summary>
internal static class DatasetChecks
{
    private static readonly string[] _partNames = ["train", "training", "test", "val", "valid", "validation"];

    /// <summary>True if a folder's name is that of a part of a data set (train, test, validation) and not that of a class.</summary>
    /// <param name="name">A folder's name.</param>
    public static bool IsPartName(string name) => _partNames.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Refuses a set without images, with an empty class folder, or with fewer than two classes.</summary>
    /// <param name="path">The set's file or folder.</param>
    /// <param name="classes">The classes' names.</param>
    /// <param name="counts">Number of images of each class.</param>
    /// <exception cref="InvalidDatasetException">The set is one of these.</exception>
    public static void RequireClasses(string path, IReadOnlyList<string> classes, IReadOnlyList<int> counts)
    {
        if (counts.Sum() == 0)
        {
            throw new InvalidDatasetException(
                path, "there are no images in it. Expected one folder for each class with PNG or JPEG images: class/image.jpg.");
        }

        for (int i = 0; i < classes.Count; i++)
        {
            if (counts[i] == 0)
            {
                throw new InvalidDatasetException(
                    path, $"the class folder '{classes[i]}' has no PNG or JPEG images. Put images into it or take the folder out.");
            }
        }

        if (classes.Count == 1)
        {
            throw new InvalidDatasetException(
                path, $"there is only one class, '{classes[0]}'; a classifier needs at least two, each in its own folder.");
        }

        if (classes.All(IsPartName))
        {
            throw new InvalidDatasetException(
                path, $"the folders in it ({string.Join(", ", classes)}) are parts of a data set, not classes. Give each part by itself.");
        }
    }

    /// <summary>Numbers the classes of sorted images.</summary>
    /// <param name="path">The set's file or folder.</param>
    /// <param name="folders">Every class folder's name, including empty ones.</param>
    /// <param name="imageClasses">The class folder of each image.</param>
    /// <returns>The classes in ordinal order, and each image's label.</returns>
    /// <exception cref="InvalidDatasetException">As <see cref="RequireClasses"/>.</exception>
    public static (string[] Classes, int[] Labels) Label(string path, IEnumerable<string> folders, IReadOnlyList<string> imageClasses)
    {
        string[] classes = [.. folders.Order(StringComparer.Ordinal)];
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        foreach (string name in classes)
        {
            numbers.Add(name, numbers.Count);
        }

        int[] labels = [.. imageClasses.Select(name => numbers[name])];
        int[] counts = new int[classes.Length];
        foreach (int label in labels)
        {
            counts[label]++;
        }

        RequireClasses(path, classes, counts);
        return (classes, labels);
    }
}
