using System.IO.Enumeration;
using Fovea.Data;

namespace Fovea.Cli;

/// <summary>Image files as people name them: files, folders, and patterns such as <c>photos/*.jpg</c>.</summary>
internal static class ImageArguments
{
    private static readonly EnumerationOptions _all = new() { RecurseSubdirectories = true, IgnoreInaccessible = false };

    /// <summary>Lists the files that arguments name, each argument's in the order of their names.</summary>
    /// <param name="arguments">Files, folders and patterns.</param>
    /// <exception cref="UsageException">A folder holds no image, or nothing fits a pattern.</exception>
    public static IEnumerable<string> Expand(IEnumerable<string> arguments) => arguments.SelectMany(Expand);

    private static IEnumerable<string> Expand(string argument)
    {
        if (Directory.Exists(argument))
        {
            string[] images = [.. Directory.EnumerateFiles(argument, "*", _all).Where(IsImage).Order(StringComparer.Ordinal)];
            return images.Length > 0
                ? images
                : throw new UsageException($"{argument} holds no image: no file is one by its name or its content.");
        }

        // A file may bear the signs of a pattern in its name.
        if (File.Exists(argument) || !argument.AsSpan().ContainsAny('*', '?'))
        {
            return [argument];
        }

        string folder = Path.GetDirectoryName(argument) is { Length: > 0 } named ? named : ".";
        string pattern = Path.GetFileName(argument);
        if (folder.AsSpan().ContainsAny('*', '?') || !Directory.Exists(folder))
        {
            throw new UsageException($"{argument}: a pattern may stand for the names of files, in a folder that exists.");
        }

        string[] fitting =
        [
            .. Directory.EnumerateFiles(folder)
                .Where(path => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(path), ignoreCase: false))
                .Select(path => folder == "." && !argument.StartsWith('.') ? Path.GetFileName(path) : path)
                .Order(StringComparer.Ordinal),
        ];
        return fitting.Length > 0 ? fitting : throw new UsageException($"No file fits {argument}.");
    }

    /// <summary>True for what data sets take as an image: by its name, or else by its first bytes.</summary>
    private static bool IsImage(string path)
    {
        if (Path.GetFileName(path).StartsWith('.'))
        {
            return false;
        }

        if (ImageFile.HasImageExtension(path))
        {
            return true;
        }

        try
        {
            // Pipes and devices have no length, and opening a pipe that nobody writes to would wait for ever.
            return new FileInfo(path).Length > 0 && ImageKinds.OfFile(path).IsImage();
        }
        catch (InvalidImageException)
        {
            // It is named as unreadable when its turn comes.
            return true;
        }
    }
}
