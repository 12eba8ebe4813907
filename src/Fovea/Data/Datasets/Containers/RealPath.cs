namespace Fovea.Data;

/// <summary>Paths without links in them, so that one folder has one path.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40;

    /// <summary>Follows every link on the way to a file or folder.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="IOException">Links lead to each other without an end.</exception>
    public static string Of(string path)
    {
        string full = Path.GetFullPath(path);
        for (int followed = 0; followed <= MaxLinks; followed++)
        {
            if (FirstLink(full) is not (string link, string target))
            {
                return Path.TrimEndingDirectorySeparator(full);
            }

            string from = Path.Combine(Path.GetDirectoryName(link)!, target);
            full = Path.GetFullPath(Path.Join(from, full[link.Length..]));
        }

        throw new IOException($"the links of '{path}' lead to each other");
    }

    /// <summary>True if a folder is another one or lies around it.</summary>
    /// <param name="outer">Real path of the folder.</param>
    /// <param name="inner">Real path of the other.</param>
    public static bool Contains(string outer, string inner) =>
        inner == outer || inner.StartsWith(Path.Join(outer, Path.DirectorySeparatorChar.ToString()), StringComparison.Ordinal)
        || outer == Path.GetPathRoot(inner);

    private static (string Link, string Target)? FirstLink(string full)
    {
        string root = Path.GetPathRoot(full)!;
        for (int end = root.Length; end < full.Length; end++)
        {
            int next = full.IndexOf(Path.DirectorySeparatorChar, end);
            end = next < 0 ? full.Length : next;
            if (new FileInfo(full[..end]).LinkTarget is string target)
            {
                return (full[..end], target);
            }
        }

        return null;
    }
}
