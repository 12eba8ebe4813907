using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Fovea.Formats.PyTorch;

/// <summary>
/// The format of torch.save before PyTorch 1.6: a pickled magic number, the protocol's version, facts about the machine, the object itself
/// and the keys of the storages; then for each key the number of elements (eight bytes) and the elements.
/// </summary>
internal static class LegacyFormat
{
    private const long Version = 1001;
    private static readonly BigInteger _magic = BigInteger.Parse(
        "01950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Reads the pickled object and locates its storages.</summary>
    /// <exception cref="InvalidFileException">The file is damaged, hostile or of another format.</exception>
    public static object? Read(MappedFile file, ParseBudget guard)
    {
        StorageTable storages = new();
        PickleReader pickles = new(file.Slice(0, (int)Math.Min(file.Length, int.MaxValue)), guard, storages);
        if (pickles.Read() is not BigInteger magic || magic != _magic)
        {
            throw new InvalidFileException(
                file.Path, "it is a pickle, but not one of torch.save", "Load it in Python and save the weights with torch.save.");
        }

        if (pickles.Read() is not Version)
        {
            throw guard.Damaged($"the version of its format is not {Version}");
        }

        if (pickles.Read() is PickleDictionary machine
            && machine.Entries.Exists(entry => entry.Key is "little_endian" && entry.Value is false))
        {
            throw PyTorchFile.BigEndian(file.Path);
        }

        object? root = pickles.Read();
        if (pickles.Read() is not List<object?> keys)
        {
            throw guard.Damaged("the list of its storages is missing");
        }

        Locate(keys, pickles.Position, file, guard, storages);
        return root;
    }

    private static void Locate(List<object?> keys, long position, MappedFile file, ParseBudget guard, StorageTable storages)
    {
        HashSet<PickleStorage> located = new(ReferenceEqualityComparer.Instance);
        foreach (object? key in keys)
        {
            if (key is not string name || !storages.Storages.TryGetValue(name, out PickleStorage? storage) || !located.Add(storage))
            {
                throw guard.Damaged("its list of storages has a key twice, or one that no tensor uses");
            }

            string quoted = ExceptionText.Quote(name);
            long remaining = file.Length - position - sizeof(long);
            if (remaining < 0 || storage.Count > remaining / storage.ElementType.Size())
            {
                throw guard.Damaged(
                    $"it is cut off: storage {quoted} has {storage.Count} elements, but only {Math.Max(remaining, 0)} bytes are left");
            }

            long count = BinaryPrimitives.ReadInt64LittleEndian(file.Slice(position, sizeof(long)));
            if (count != storage.Count)
            {
                throw guard.Damaged($"storage {quoted} has {count} elements where its tensors are promised {storage.Count}");
            }

            storage.Start = position + sizeof(long);
            position = storage.Start + (count * storage.ElementType.Size());
        }

        if (located.Count != storages.Storages.Count)
        {
            throw guard.Damaged($"it has {located.Count} of the {storages.Storages.Count} storages that its tensors use");
        }

        storages.LocateViews();
    }
}
