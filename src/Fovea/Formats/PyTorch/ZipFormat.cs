namespace Fovea.Formats.PyTorch;

/// <summary>
/// The format of torch.save since PyTorch 1.6: a zip archive of one folder (whose name varies) with the pickled object as data.pkl and each
/// storage as data/KEY. Entries are stored without compression, so that the elements can be read where they lie.
/// </summary>
internal static class ZipFormat
{
    private const string PickleName = "/data.pkl";

    /// <summary>Reads the pickled object and locates its storages.</summary>
    /// <exception cref="InvalidFileException">The file is damaged, hostile or an archive of something else.</exception>
    public static object? Read(MappedFile file, ParseBudget guard)
    {
        IReadOnlyDictionary<string, ZipEntry> entries = ZipDirectory.Read(file, guard);
        string[] pickles = [.. entries.Keys.Where(
            name => name.EndsWith(PickleName, StringComparison.Ordinal) && name.IndexOf('/') == name.Length - PickleName.Length)];
        if (pickles is not [string pickleName])
        {
            if (entries.Keys.Any(name => name.EndsWith(".npy", StringComparison.Ordinal)))
            {
                throw new InvalidFileException(
                    file.Path,
                    "it is an archive of numpy arrays (.npz)",
                    "Save the weights in PyTorch: torch.save(state_dict, 'weights.pth').");
            }

            throw new InvalidFileException(
                file.Path,
                $"it is a zip archive with {pickles.Length} data.pkl where torch.save writes one, in the only folder",
                "Name the file that torch.save wrote; unpack it first if it was packed in an archive.");
        }

        string folder = pickleName[..^PickleName.Length];
        if (entries.ContainsKey($"{folder}/constants.pkl"))
        {
            throw new InvalidFileException(
                file.Path,
                "it is a TorchScript program, not a checkpoint",
                "Save its weights alone in PyTorch: torch.save(torch.jit.load(file).state_dict(), 'weights.pth').");
        }

        if (entries.TryGetValue($"{folder}/byteorder", out ZipEntry order)
            && !Bytes(file, guard, $"{folder}/byteorder", order).SequenceEqual("little"u8))
        {
            throw PyTorchFile.BigEndian(file.Path);
        }

        StorageTable storages = new();
        object? root = new PickleReader(Bytes(file, guard, pickleName, entries[pickleName]), guard, storages).Read();
        foreach (PickleStorage storage in storages.Storages.Values)
        {
            string name = $"{folder}/data/{storage.Key}";
            if (!entries.TryGetValue(name, out ZipEntry entry))
            {
                throw guard.Damaged($"the storage {ExceptionText.Quote(name)}, which a tensor uses, is missing from the archive");
            }

            CheckPlain(file, name, entry);
            if (storage.Count > entry.Length / storage.ElementType.Size())
            {
                throw guard.Damaged(
                    $"the storage {ExceptionText.Quote(name)} has {entry.Length} bytes "
                        + $"where its tensors are promised {storage.Count} elements of type {storage.ElementType.Code()}");
            }

            storage.Start = entry.Start;
        }

        storages.LocateViews();
        return root;
    }

    private static ReadOnlySpan<byte> Bytes(MappedFile file, ParseBudget guard, string name, ZipEntry entry)
    {
        CheckPlain(file, name, entry);
        return entry.Length <= int.MaxValue
            ? file.Slice(entry.Start, (int)entry.Length)
            : throw guard.Damaged($"{ExceptionText.Quote(name)} has {entry.Length} bytes");
    }

    private static void CheckPlain(MappedFile file, string name, ZipEntry entry)
    {
        if (!entry.IsPlain)
        {
            throw new InvalidFileException(
                file.Path,
                $"its entry {ExceptionText.Quote(name)} is compressed or encrypted, which PyTorch never does",
                "Unpack the archive and pack it again with zip -0, or load and save it in PyTorch.");
        }
    }
}
