namespace Fovea.Data;

/// <summary>Opens a data set of any kind by its path.</summary>
public static class Datasets
{
    private const int EstimatedSamples = 16;

    /// <summary>
    /// Opens a data set with all its parts: a folder, <c>.tar</c>, <c>.tar.gz</c> or <c>.zip</c> of class folders, or of
    /// <c>train/</c>, <c>val/</c> and <c>test/</c> folders of them, a folder with IDX files, or shards: a folder of tar archives, one of
    /// them, or a pattern such as <c>train-{000..146}.tar</c>, with <c>name.jpg</c> and <c>name.cls</c> for each sample.
    /// </summary>
    /// <param name="path">The folder, archive or pattern.</param>
    /// <exception cref="InvalidDatasetException">Nothing is there, or it cannot be used; the message says why.</exception>
    public static DatasetParts OpenParts(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (ShardFiles.Find(path) is ShardFiles shards)
        {
            return shards.Open();
        }

        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new InvalidDatasetException(
                path,
                "there is no such file or folder. Give a folder of class folders, a .tar, .tar.gz or .zip of them, "
                + "or a folder with IDX files.");
        }

        if (Directory.Exists(path) && IdxFolder.Find(path) is IdxFolder idx)
        {
            return idx.Open();
        }

        IContainer container = Containers.Open(path);
        try
        {
            List<string> notes = [.. container.Notes(withTexts: true)];
            DatasetLayout layout = DatasetLayout.Read(FolderTree.Of(container), path, notes);
            ClassFolderDataset training = ClassFolderDataset.Open(container, layout.Training);
            return new DatasetParts(training, Part(layout.Validation), Part(layout.Test), notes, container);

            ClassFolderDataset? Part(FolderTree? root) =>
                root is null ? null : ClassFolderDataset.Open(container, root, training.Classes);
        }
        catch
        {
            container.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Estimates the memory that the decoded images of a source take, by the mean of a few that are spread over the whole; those that
    /// cannot be read are left out.
    /// </summary>
    /// <param name="source">The images.</param>
    /// <param name="atLeast">
    /// Size below which they are not decoded, for <see cref="DataLoaderOptions.ScaledDecoding"/>; null for their own sizes.
    /// </param>
    /// <returns>Bytes; 0 where none of the few can be read.</returns>
    public static long EstimateDecodedBytes(ISampleSource source, ImageSize? atLeast = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        (long bytes, int read) = (0, 0);
        int samples = Math.Min(source.Count, EstimatedSamples);
        for (int i = 0; i < samples; i++)
        {
            int index = (int)((long)i * source.Count / samples);
            try
            {
                bytes += (atLeast is ImageSize size ? source.Load(index, size) : source.Load(index)).Pixels.Length;
                read++;
            }
            catch (InvalidImageException)
            {
                // The loader counts those that cannot be read.
            }
        }

        return read == 0 ? 0 : (long)((double)bytes / read * source.Count);
    }

    /// <summary>Opens a data set; of one with parts, the training part. <see cref="OpenParts"/> says what else there is.</summary>
    /// <param name="path">The folder or archive, as <see cref="OpenParts"/> takes it.</param>
    /// <exception cref="InvalidDatasetException">Nothing is there, or it cannot be used; the message says why.</exception>
    public static IImageDataset Open(string path) => OpenParts(path).Training;

    /// <summary>Opens the test part of a data set, or that for validation; null where the path holds one part only.</summary>
    /// <param name="path">The folder or archive, as <see cref="OpenParts"/> takes it.</param>
    /// <exception cref="InvalidDatasetException">Nothing is there, or it cannot be used; the message says why.</exception>
    public static IImageDataset? OpenTest(string path)
    {
        DatasetParts parts = OpenParts(path);
        return parts.Test ?? parts.Validation;
    }
}
