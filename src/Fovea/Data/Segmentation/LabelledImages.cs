namespace Fovea.Data;

/// <summary>Image and label map of the same name.</summary>
/// <param name="Image">The image.</param>
/// <param name="Labels">Its label map.</param>
internal sealed record LabelledImage(ContainerFile Image, ContainerFile Labels);

/// <summary>
/// Pairs images with label maps: files of the same path, apart from the ending, below a folder <c>images</c> and one <c>annotations</c>
/// beside it, or folders of other usual names.
/// </summary>
internal static class LabelledImages
{
    private static readonly string[] _imageFolders = ["images", "image", "img_dir", "imgs", "jpegimages"];
    private static readonly string[] _labelFolders =
        ["annotations", "annotation", "ann_dir", "masks", "labels", "segmentationclass", "segmentations"];

    /// <summary>Pairs the files of a container by part; null where nothing is a pair.</summary>
    /// <param name="container">The folder or archive.</param>
    /// <param name="problems">Takes files without a partner, where others have one.</param>
    public static Dictionary<Part, List<LabelledImage>>? Find(IContainer container, DataProblems problems)
    {
        Dictionary<string, ContainerFile> labels = new(StringComparer.Ordinal);
        foreach (ContainerFile file in container.Images.OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            if (KeyBelow(_labelFolders, file.Path) is string key)
            {
                labels.TryAdd(key, file);
            }
        }

        List<(Part?, LabelledImage)> pairs = [];
        List<ContainerFile> alone = [];
        HashSet<string> used = [];
        foreach (ContainerFile file in container.Images)
        {
            if (KeyBelow(_imageFolders, file.Path) is not string key)
            {
                continue;
            }

            if (labels.TryGetValue(key, out ContainerFile? partner))
            {
                used.Add(key);
                pairs.Add((AnnotationParts.OfFolders(file.Path), new LabelledImage(file, partner)));
            }
            else
            {
                alone.Add(file);
            }
        }

        if (pairs.Count == 0)
        {
            return null;
        }

        alone.ForEach(file => problems.Add(DataProblemKind.MissingLabels, file.Name));
        foreach ((string key, ContainerFile file) in labels.Where(entry => !used.Contains(entry.Key)))
        {
            problems.Add(DataProblemKind.UnusedLabels, file.Name);
        }

        return AnnotationParts.Arrange(pairs);
    }

    /// <summary>
    /// Path of a file without the innermost folder of one of the names, and without its ending; null outside of such folders.
    /// </summary>
    private static string? KeyBelow(string[] folders, string[] path)
    {
        int folder = Array.FindLastIndex(path[..^1], name => folders.Contains(name.ToLowerInvariant()));
        return folder < 0
            ? null
            : string.Join('/', [.. path[..folder], "", .. path[(folder + 1)..^1], Path.GetFileNameWithoutExtension(path[^1])]);
    }
}
