using System.IO.Compression;

namespace Fovea.Data;

/// <summary>
/// The IDX files of a folder, told by their content and paired by their names: <c>emnist-letters-train-images-idx3-ubyte.gz</c>.
/// </summary>
internal sealed class IdxFolder
{
    private const int ImageRank = 3;
    private const int LabelRank = 1;
    private static readonly string[] _formatWords = ["idx1", "idx3", "ubyte", "gz", "images", "image", "labels", "label"];
    private readonly IdxPair[] _pairs;

    private IdxFolder(string path, IdxPair[] pairs) => (Path, _pairs) = (path, pairs);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>True if there is a training part.</summary>
    public bool HasTraining => _pairs.Any(pair => pair.Part != Part.Test);

    /// <summary>True if there is a test part.</summary>
    public bool HasTest => _pairs.Any(pair => pair.Part == Part.Test);

    /// <summary>Looks for IDX files of images in a folder, or in the one folder that lies in it.</summary>
    /// <param name="path">A folder.</param>
    /// <returns>The files; null where there are none.</returns>
    /// <exception cref="InvalidDatasetException">The folder cannot be read.</exception>
    public static IdxFolder? Find(string path)
    {
        try
        {
            for (string folder = path; ;)
            {
                IdxPair[] pairs = Pairs(folder);
                if (pairs.Length > 0)
                {
                    return new IdxFolder(folder, pairs);
                }

                string[] inner =
                [
                    .. Directory.EnumerateDirectories(folder)
                        .Where(name => !ContainerListing.IsHidden(System.IO.Path.GetFileName(name)))
                        .Take(2),
                ];
                if (inner.Length != 1 || new DirectoryInfo(inner[0]).LinkTarget is not null)
                {
                    return null;
                }

                folder = inner[0];
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(path, $"the folder cannot be read ({exception.Message}).", exception);
        }
    }

    /// <summary>Reads all parts into memory.</summary>
    /// <exception cref="InvalidDatasetException">A file is missing, cut off or damaged, or there are several sets.</exception>
    public DatasetParts Open()
    {
        IdxPair? training = Find(pair => pair.Part is null or Part.Training);
        IdxPair? validation = Find(pair => pair.Part == Part.Validation);
        IdxPair? test = Find(pair => pair.Part == Part.Test);
        IdxPair first = training ?? validation ?? test!;
        IdxDataset whole = IdxDataset.Read(Path, first, null);
        IReadOnlyList<string> classes = whole.Classes;
        return new DatasetParts(
            whole, validation is null || validation == first ? null : IdxDataset.Read(Path, validation, classes),
            test is null || test == first ? null : IdxDataset.Read(Path, test, classes),
            whole.Notes);
    }

    /// <summary>The files of one part.</summary>
    /// <param name="test">The test part instead of the training part.</param>
    /// <exception cref="InvalidDatasetException">There are several sets.</exception>
    public IdxPair? PairOf(bool test) => Find(pair => (pair.Part == Part.Test) == test);

    private IdxPair? Find(Func<IdxPair, bool> isPart) => _pairs.Where(isPart).ToArray() switch
    {
        [] => null,
        [IdxPair one] => one,
        IdxPair[] several => throw new InvalidDatasetException(
            Path,
            $"there are several sets in it ({ClassNames.List([.. several.Select(pair => System.IO.Path.GetFileName(pair.Images))])}). "
            + "Put the files of one into a folder of its own."),
    };

    private static IdxPair[] Pairs(string folder)
    {
        Dictionary<string, string> images = new(StringComparer.Ordinal);
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            string name = System.IO.Path.GetFileName(file);
            if (ContainerListing.IsHidden(name) || ImageFile.HasImageExtension(name))
            {
                continue;
            }

            // Of a file and its compressed copy, the plain one stands first.
            switch (RankOf(file, name))
            {
                case ImageRank:
                    images.TryAdd(Stem(name), file);
                    break;
                case LabelRank:
                    labels.TryAdd(Stem(name), file);
                    break;
                default:
                    break;
            }
        }

        return [.. images.Select(pair => new IdxPair(pair.Value, labels.GetValueOrDefault(pair.Key), PartNames.Of(Stem(pair.Value))))];
    }

    /// <summary>Words of a name that images and their labels share.</summary>
    private static string Stem(string file) =>
        string.Join('-', PartNames.Words(System.IO.Path.GetFileName(file)).Where(word => !_formatWords.Contains(word)));

    private static int? RankOf(string file, string name)
    {
        if (name.Contains("idx3-ubyte", StringComparison.OrdinalIgnoreCase))
        {
            return ImageRank;
        }

        if (name.Contains("idx1-ubyte", StringComparison.OrdinalIgnoreCase))
        {
            return LabelRank;
        }

        if (new FileInfo(file).Length == 0)
        {
            return null;
        }

        byte[] beginning = ImageContent.Beginning(file);
        if (beginning.AsSpan().StartsWith<byte>([0x1F, 0x8B]))
        {
            beginning = Inflated(file);
        }

        return beginning is [0, 0, 8, byte rank and (ImageRank or LabelRank), ..] ? rank : null;
    }

    private static byte[] Inflated(string file)
    {
        try
        {
            using GZipStream gzip = new(File.OpenRead(file), CompressionMode.Decompress);
            return ImageContent.Beginning(gzip);
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }
}

/// <summary>The two files of one part of a set.</summary>
/// <param name="Images">The file of images.</param>
/// <param name="Labels">The file of labels; null where it is missing.</param>
/// <param name="Part">The part that the names tell; null where they tell none.</param>
internal sealed record IdxPair(string Images, string? Labels, Part? Part);
