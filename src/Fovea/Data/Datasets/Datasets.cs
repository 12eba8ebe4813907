namespace Fovea.Data;

/// <summary>Opens a data set of any kind by its path.</summary>
public static class Datasets
{
    private static readonly string[] _trainingNames = ["train", "training"];
    private static readonly string[] _testNames = ["test", "val", "valid", "validation"];

    /// <summary>
    /// Opens a data set: a folder with IDX files, a folder of class folders (or with <c>train/</c> and <c>test/</c> or <c>val/</c> folders
    /// of them), or a <c>.tar</c> or <c>.tar.gz</c> of class folders. Of a set with a training and a test part, this is the training part.
    /// </summary>
    /// <param name="path">The folder or archive.</param>
    /// <exception cref="InvalidDatasetException">Nothing is there, or it cannot be used; the message says why.</exception>
    public static IImageDataset Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
        {
            return TarDataset.Open(path);
        }

        if (!Directory.Exists(path))
        {
            throw new InvalidDatasetException(
                path,
                "there is no such file or folder. Give a folder of class folders, a .tar or .tar.gz of them, or a folder with IDX files.");
        }

        if (IdxDataset.Exists(path) || IdxDataset.Exists(path, test: true))
        {
            return IdxDataset.Open(path, test: !IdxDataset.Exists(path));
        }

        return FolderDataset.Open(PartOf(path, _trainingNames) ?? path);
    }

    /// <summary>Opens the test part of a data set; null where the path holds one part only.</summary>
    /// <param name="path">The folder or archive.</param>
    /// <exception cref="InvalidDatasetException">The test part is there but cannot be used; the message says why.</exception>
    public static IImageDataset? OpenTest(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            return null;
        }

        if (IdxDataset.Exists(path, test: true))
        {
            return IdxDataset.Open(path, test: true);
        }

        return PartOf(path, _testNames) is { } part ? FolderDataset.Open(part) : null;
    }

    /// <summary>The folder of a part, where the path holds nothing but parts; otherwise null.</summary>
    private static string? PartOf(string path, string[] names)
    {
        string[] folders = FolderDataset.SubfoldersOf(path);
        return Array.TrueForAll(folders, DatasetChecks.IsPartName)
            ? names.SelectMany(name => folders.Where(folder => folder.Equals(name, StringComparison.OrdinalIgnoreCase)))
                .Select(folder => Path.Combine(path, folder)).FirstOrDefault()
            : null;
    }
}
