using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Fovea.Data;

namespace Fovea.Tests.Data;

/// <summary>Images, archives and folders that the tests of this room make.</summary>
internal static class TestData
{
    /// <summary>Pillow 9.4's JPEG of a smooth 37×23 image, baseline and progressive; both decode to the same pixels.</summary>
    public const string BaselineJpeg =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/"
        + "2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAAXACUDASIAAhEBAxEB/8QA"
        + "HwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkK"
        + "FhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXG"
        + "x8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC"
        + "AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOE"
        + "hYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD58tdI6fLW"
        + "xa6R0+WustdI6fLWxa6R0+WopVzz8DnG2pydrpHT5a2LXSOny11lrpHT5a2LXSOny16VKufY4HN/M5GHSPl+7RXokOkfL92iu5V9D6WGcaLUw7XShxwK2LXS"
        + "hxwKKK+LpSZ/MuBxFTTU2LXShxwK2LXShxwKKK9OlJn2OBxFTTU1odKGzoKKKK7VJ2PpIYipyrU//9k=";
    public const string ProgressiveJpeg =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/"
        + "2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wgARCAAXACUDASIAAhEBAxEB/8QA"
        + "GAABAQEBAQAAAAAAAAAAAAAAAAQFBgf/xAAYAQADAQEAAAAAAAAAAAAAAAADBAUCB//aAAwDAQACEAMQAAAB89s1rMr5NmtYzYyHRD04bCLzKywasVg1L//E"
        + "ABcQAAMBAAAAAAAAAAAAAAAAAAACAwH/2gAIAQEAAQUCWQshZCyMkLIWQshZGSFkLIWQsjJH/8QAGREAAgMBAAAAAAAAAAAAAAAAAAMBAgQR/9oACAEDAQE/"
        + "AUbBGsjYIZYQyxDLcP/EABgRAQEBAQEAAAAAAAAAAAAAAAACARES/9oACAECAQE/AZtNvadTrr//xAAUEAEAAAAAAAAAAAAAAAAAAAAw/9oACAEBAAY/An//"
        + "xAAYEAEBAQEBAAAAAAAAAAAAAAAAYSExIP/aAAgBAQABPyGaaabPiaaabPnmqyf/2gAMAwEAAgADAAAAEPv/AL73/wD/xAAZEQEBAAMBAAAAAAAAAAAAAAAh"
        + "AAERMWH/2gAIAQMBAT8Q4N6xYYDAbUN//8QAGBEBAQADAAAAAAAAAAAAAAAAAQAQESH/2gAIAQIBAT8Qx5zNNC1f/8QAGRAAAwEBAQAAAAAAAAAAAAAAAAEh"
        + "MRBB/9oACAEBAAE/EMRiMRjwmIxGIx4RMiEyITIhMiE+Uf/Z";

    /// <summary>A grey and a four-ink JPEG of 16×16 pixels.</summary>
    public const string GreyJpeg =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/"
        + "wAALCAAQABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEI"
        + "I0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ip"
        + "qrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APnDRP4a9A0T+GvP9E/hr0DRP4a//9k=";
    public const string InkJpeg =
        "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwADAgIDAgIDAwMDBAMDBAUIBQUEBAUKBwcGCAwKDAwLCgsLDQ4SEA0OEQ4LCxAWEBETFBUVFQwPFxgWFBgSFBUU/8AA"
        + "FAgAEAAQBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQci"
        + "cRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqi"
        + "o6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD84vBH/LOvgf8A4VJ/0x/Svz08"
        + "NeG/ufJX6p19AeCP+WdH/CpP+mP6V6t4a8N/c+Sivn/wR/yzr7V/4VJ/0x/Sjw14b+58lFfQHgj/AJZ0f8Kk/wCmP6V6r4a8N/c+Siv/2Q==";

    /// <summary>An image with a lively pattern, the same that the reference results of Pillow were made from.</summary>
    public static Image Pattern(int width, int height, int channels)
    {
        byte[] pixels = new byte[width * height * channels];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int channel = 0; channel < channels; channel++)
                {
                    pixels[(((y * width) + x) * channels) + channel] =
                        (byte)((x * 37) + (y * 91) + (channel * 53) + (x * y * 7) + (((x * x * y) % 11) * 13));
                }
            }
        }

        return new Image(width, height, channels, pixels);
    }

    /// <summary>The first 16 hexadecimal digits of the SHA-256 of some bytes.</summary>
    public static string Digest(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];

    /// <summary>A PNG file of 3×2 pixels whose values are the number given.</summary>
    public static byte[] SmallPng(byte value) => PngEncoder.Encode(new Image(3, 2, 1, [value, value, value, value, value, value]));

    /// <summary>An IDX file.</summary>
    public static byte[] Idx(int[] dimensions, byte[] values)
    {
        byte[] bytes = new byte[4 + (4 * dimensions.Length) + values.Length];
        bytes[2] = 8;
        bytes[3] = (byte)dimensions.Length;
        for (int i = 0; i < dimensions.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + (4 * i)), dimensions[i]);
        }

        values.CopyTo(bytes, 4 + (4 * dimensions.Length));
        return bytes;
    }

    /// <summary>Compresses bytes as a gzip file.</summary>
    public static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream result = new();
        using (GZipStream gzip = new(result, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return result.ToArray();
    }

    /// <summary>A zip archive of folders (names that end in a slash) and files.</summary>
    public static byte[] Zip(params (string Name, byte[]? Content)[] entries)
    {
        using MemoryStream result = new();
        using (ZipArchive archive = new(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[]? content) in entries)
            {
                using Stream stream = archive.CreateEntry(name).Open();
                stream.Write(content ?? []);
            }
        }

        return result.ToArray();
    }

    /// <summary>Writes files as a folder, tar, tar.gz or zip, and gives its path.</summary>
    public static string WriteSet(TemporaryFolder folder, string kind, params (string Name, byte[]? Content)[] files)
    {
        if (kind != "folder")
        {
            byte[] archive = kind == "zip" ? Zip(files) : Tar(files);
            return folder.Write($"set.{kind}", kind == "tar.gz" ? Gzip(archive) : archive);
        }

        foreach ((string name, byte[]? content) in files)
        {
            folder.Write($"folder/{name}", content!);
        }

        return folder.File("folder");
    }

    /// <summary>A tar archive of one header block and what follows it, in the form that GNU's tar writes.</summary>
    public static byte[] TarHeader(string name, char type, long size, string link = "", byte[]? data = null)
    {
        byte[] block = new byte[512];
        System.Text.Encoding.UTF8.GetBytes(name).CopyTo(block, 0);
        Octal(block, 100, 7, 420);
        Octal(block, 124, 11, size);
        Octal(block, 136, 11, 0);
        block[156] = (byte)type;
        System.Text.Encoding.UTF8.GetBytes(link).CopyTo(block, 157);
        "ustar  "u8.CopyTo(block.AsSpan(257));
        block.AsSpan(148, 8).Fill((byte)' ');
        Octal(block, 148, 6, block.Sum(value => value));
        byte[] padding = new byte[(512 - ((data?.Length ?? 0) % 512)) % 512];
        return [.. block, .. data ?? [], .. padding];
    }

    private static void Octal(byte[] block, int offset, int digits, long number) =>
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(number, 8).PadLeft(digits, '0') + "\0").CopyTo(block, offset);

    /// <summary>A tar archive of folders (names that end in a slash) and files; null content makes a symbolic link.</summary>
    public static byte[] Tar(params (string Name, byte[]? Content)[] entries)
    {
        using MemoryStream result = new();
        using (TarWriter writer = new(result, leaveOpen: true))
        {
            foreach ((string? name, byte[]? content) in entries)
            {
                TarEntryType type = name.EndsWith('/')
                    ? TarEntryType.Directory
                    : content is null ? TarEntryType.SymbolicLink : TarEntryType.RegularFile;
                PaxTarEntry entry = new(type, name);
                if (type == TarEntryType.SymbolicLink)
                {
                    entry.LinkName = "/etc/passwd";
                }
                else if (type == TarEntryType.RegularFile)
                {
                    entry.DataStream = new MemoryStream(content!);
                }

                writer.WriteEntry(entry);
            }
        }

        return result.ToArray();
    }
}

/// <summary>A folder for one test, deleted with everything in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fovea-test-").FullName;

    /// <summary>Path inside the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file, creating the folders around it.</summary>
    public string Write(string name, byte[] bytes)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
