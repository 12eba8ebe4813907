using System.Buffers.Binary;
using System.Text;

namespace Fovea.Formats.PyTorch;

/// <summary>Location of a file in a zip archive.</summary>
/// <param name="Start">Its first byte, counted from the archive's start.</param>
/// <param name="Length">Its bytes, as they lie in the archive.</param>
/// <param name="IsPlain">True if they are the file's own, neither compressed nor encrypted.</param>
internal readonly record struct ZipEntry(long Start, long Length, bool IsPlain);

/// <summary>
/// Reads and checks the directory of a zip archive (APPNOTE.TXT of PKWARE, with the 64-bit records). Nothing is decompressed. What the
/// directory says is held against the headers of the files themselves; no two files may share a byte.
/// </summary>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054B50;
    private const uint End64LocatorSignature = 0x07064B50;
    private const uint End64Signature = 0x06064B50;
    private const uint EntrySignature = 0x02014B50;
    private const uint LocalSignature = 0x04034B50;

    private const int EndSize = 22;
    private const int End64LocatorSize = 20;
    private const int End64Size = 56;
    private const int EntrySize = 46;
    private const int LocalSize = 30;
    private const int MaxComment = ushort.MaxValue;

    /// <summary>Reads the directory.</summary>
    /// <returns>The files by name, with folders and slashes.</returns>
    /// <exception cref="InvalidFileException">The archive is damaged or lies.</exception>
    public static IReadOnlyDictionary<string, ZipEntry> Read(MappedFile file, ParseBudget guard)
    {
        (long directory, long end) = FindDirectory(file, guard);
        long position = directory;
        Dictionary<string, ZipEntry> entries = new(StringComparer.Ordinal);
        List<(long Start, long End, string Name)> occupied = new();
        while (position < end)
        {
            guard.CheckAllocation();
            if (end - position < EntrySize)
            {
                throw guard.Damaged("its directory ends in the middle of an entry");
            }

            ReadOnlySpan<byte> fields = file.Slice(position, EntrySize);
            int nameLength = UInt16(fields, 28);
            int extraLength = UInt16(fields, 30);
            long size = EntrySize + nameLength + extraLength + UInt16(fields, 32);
            if (UInt32(fields, 0) != EntrySignature || size > end - position)
            {
                throw guard.Damaged($"entry {entries.Count + 1} of its directory is not one");
            }

            ReadOnlySpan<byte> nameBytes = file.Slice(position + EntrySize, nameLength);
            string name = Encoding.UTF8.GetString(nameBytes);
            (long header, long length, bool plain) = Sizes(fields, file.Slice(position + EntrySize + nameLength, extraLength), name, guard);
            long start = DataStart(file, guard, header, plain, nameBytes, name, directory);
            if (length > directory - start)
            {
                throw guard.Damaged(
                    $"{ExceptionText.Quote(name)} claims {length} bytes where the archive has {directory - start} after its header");
            }

            if (!entries.TryAdd(name, new ZipEntry(start, length, plain)))
            {
                throw guard.Damaged($"the name {ExceptionText.Quote(name)} stands twice in its directory");
            }

            occupied.Add((header, start + length, name));
            position += size;
        }

        CheckOverlap(occupied, guard);
        return entries;
    }

    private static (long Start, long End) FindDirectory(MappedFile file, ParseBudget guard)
    {
        int tailLength = (int)Math.Min(file.Length, EndSize + MaxComment);
        ReadOnlySpan<byte> tail = file.Slice(file.Length - tailLength, tailLength);
        for (int i = tailLength - EndSize; i >= 0; i--)
        {
            if (UInt32(tail, i) == EndSignature && UInt16(tail, i + 20) == tailLength - EndSize - i)
            {
                long end = file.Length - tailLength + i;
                long size = UInt32(tail, i + 12);
                long start = UInt32(tail, i + 16);
                if (end >= End64LocatorSize && UInt32(file.Slice(end - End64LocatorSize, End64LocatorSize), 0) == End64LocatorSignature)
                {
                    end = Int64(file.Slice(end - End64LocatorSize, End64LocatorSize), 8);
                    if (end < 0 || end > file.Length - End64Size || UInt32(file.Slice(end, End64Size), 0) != End64Signature)
                    {
                        throw guard.Damaged("the 64-bit end of its directory is not where the archive says");
                    }

                    size = Int64(file.Slice(end, End64Size), 40);
                    start = Int64(file.Slice(end, End64Size), 48);
                }

                return start >= 0 && size >= 0 && start <= end && size <= end - start
                    ? (start, start + size)
                    : throw guard.Damaged($"its directory claims {size} bytes from byte {start}, which is not inside of the archive");
            }
        }

        throw guard.Damaged("it begins as a zip archive but has no directory at its end, as a download that was cut off");
    }

    private static (long Header, long Length, bool IsPlain) Sizes(
        ReadOnlySpan<byte> fields, ReadOnlySpan<byte> extra, string name, ParseBudget guard)
    {
        bool plain = IsPlain(fields, flagsAt: 8, methodAt: 10);
        long packed = UInt32(fields, 20);
        long length = UInt32(fields, 24);
        long header = UInt32(fields, 42);
        while (extra.Length >= 4)
        {
            int id = UInt16(extra, 0);
            int size = Math.Min(UInt16(extra, 2), extra.Length - 4);
            ReadOnlySpan<byte> wide = extra.Slice(4, size);
            extra = extra[(4 + size)..];

            // Holds the 64-bit values of those fields, in this order, whose 32 bits are all set.
            if (id == 1)
            {
                length = Widen(length, ref wide);
                packed = Widen(packed, ref wide);
                header = Widen(header, ref wide);
            }
        }

        return packed >= 0 && header >= 0 && (packed == length || !plain)
            ? (header, packed, plain)
            : throw guard.Damaged($"{ExceptionText.Quote(name)} takes {packed} bytes in the archive but claims {length}");
    }

    private static bool IsPlain(ReadOnlySpan<byte> fields, int flagsAt, int methodAt) =>
        (UInt16(fields, flagsAt) & 1) == 0 && UInt16(fields, methodAt) == 0;

    private static long Widen(long value, ref ReadOnlySpan<byte> wide)
    {
        if (value != uint.MaxValue || wide.Length < sizeof(long))
        {
            return value;
        }

        value = Int64(wide, 0);
        wide = wide[sizeof(long)..];
        return value;
    }

    private static long DataStart(
        MappedFile file, ParseBudget guard, long header, bool plain, ReadOnlySpan<byte> nameBytes, string name, long directory)
    {
        if (header <= directory - LocalSize - nameBytes.Length)
        {
            ReadOnlySpan<byte> fields = file.Slice(header, LocalSize);
            long start = header + LocalSize + nameBytes.Length + UInt16(fields, 28);
            if (UInt32(fields, 0) == LocalSignature
                && IsPlain(fields, flagsAt: 6, methodAt: 8) == plain
                && UInt16(fields, 26) == nameBytes.Length
                && start <= directory
                && file.Slice(header + LocalSize, nameBytes.Length).SequenceEqual(nameBytes))
            {
                return start;
            }
        }

        throw guard.Damaged($"the header of {ExceptionText.Quote(name)} is not where its directory says, or says something else");
    }

    private static void CheckOverlap(List<(long Start, long End, string Name)> occupied, ParseBudget guard)
    {
        occupied.Sort((a, b) => a.Start.CompareTo(b.Start));
        for (int i = 1; i < occupied.Count; i++)
        {
            if (occupied[i].Start < occupied[i - 1].End)
            {
                throw guard.Damaged(
                    $"{ExceptionText.Quote(occupied[i].Name)} and {ExceptionText.Quote(occupied[i - 1].Name)} overlap in the archive");
            }
        }
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Int64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
