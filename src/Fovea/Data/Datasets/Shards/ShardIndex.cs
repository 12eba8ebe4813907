using System.Text;

namespace Fovea.Data;

/// <summary>One sample of a shard.</summary>
/// <param name="Key">Path of its files in the shard, without their endings.</param>
/// <param name="Position">Position of the encoded image in the shard.</param>
/// <param name="Length">Bytes of the encoded image.</param>
/// <param name="Label">Text of its <c>.cls</c> file: number or name of the class.</param>
internal sealed record ShardSample(string Key, long Position, long Length, string Label);

/// <summary>
/// Samples of a shard, by the naming of WebDataset: files of a tar archive that stand one after the other and differ in their endings only
/// are one sample; <c>name.jpg</c> is its image and <c>name.cls</c> its class.
/// </summary>
internal static class ShardIndex
{
    private const string LabelEnding = ".cls";
    private const int MaxLabelBytes = 1024;
    private const int Looked = 64;

    /// <summary>True if a file is a plain tar archive that holds a class file among its first entries.</summary>
    /// <param name="path">An existing file.</param>
    public static bool IsShard(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            TarReader reader = new(file, file.Length);
            for (int i = 0; i < Looked && reader.Next() is TarHeader entry; i++)
            {
                if (Split(entry.Name).Ending == LabelEnding)
                {
                    return true;
                }
            }

            return false;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Lists a shard. Only headers and class files are read, not the images.</summary>
    /// <param name="path">The archive.</param>
    /// <exception cref="InvalidDatasetException">
    /// The archive is cut off, compressed or no tar file, or a sample has no image or no class.
    /// </exception>
    public static IReadOnlyList<ShardSample> Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return Read(new TarReader(file, file.Length), path);
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDatasetException(path, "the shard is cut off before its end. Fetch it again.", error);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDatasetException(
                path,
                $"this is not a whole .tar archive ({error.Message.TrimEnd('.')}). Shards are read in place and so must not be compressed: "
                + "use gunzip, or fetch it again.",
                error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(path, $"the shard cannot be read ({error.Message}).", error);
        }
    }

    private static List<ShardSample> Read(TarReader reader, string path)
    {
        List<ShardSample> samples = [];
        (string? key, string? label) = ((string?)null, (string?)null);
        (long Position, long Length)? image = null;
        while (reader.Next() is TarHeader entry)
        {
            if (entry.Type is not ('0' or '\0' or '7') || entry.Name.EndsWith('/'))
            {
                continue;
            }

            (string name, string ending) = Split(entry.Name);
            if (name != key)
            {
                Finish();
                (key, label, image) = (name, null, null);
            }

            if (ending == LabelEnding)
            {
                label = ReadLabel(reader, entry, path);
            }
            else if (ImageFile.HasImageExtension(ending))
            {
                image = (reader.DataPosition, entry.Size);
            }
        }

        Finish();
        return samples;

        void Finish()
        {
            if ((label, image) is (string text, (long, long) data))
            {
                samples.Add(new ShardSample(key!, data.Position, data.Length, text));
            }
            else if (label is not null || image is not null)
            {
                throw new InvalidDatasetException(
                    path,
                    $"the sample '{key}' has no {(label is null ? "class: 'name.cls' must stand beside 'name.jpg'" : "image")}. "
                    + "Files of a sample follow each other and have the same name but for their endings.");
            }
        }
    }

    private static string ReadLabel(TarReader reader, TarHeader entry, string path)
    {
        if (entry.Size > MaxLabelBytes)
        {
            throw new InvalidDatasetException(path, $"'{entry.Name}' has {entry.Size} bytes: a class is a number or a name.");
        }

        byte[] bytes = new byte[entry.Size];
        reader.ReadData(bytes);
        string label = Encoding.UTF8.GetString(bytes).Trim();
        return label.Length > 0 ? label : throw new InvalidDatasetException(path, $"'{entry.Name}' is empty: it must hold a class.");
    }

    /// <summary>Splits a path at the first point of the file's own name; the ending in small letters.</summary>
    private static (string Name, string Ending) Split(string path)
    {
        int point = path.IndexOf('.', path.LastIndexOf('/') + 1);
        return point < 0 ? (path, "") : (path[..point], path[point..].ToLowerInvariant());
    }
}
