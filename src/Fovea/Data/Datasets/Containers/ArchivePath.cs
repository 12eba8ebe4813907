namespace Fovea.Data;

/// <summary>Paths of an archive's entries.</summary>
internal static class ArchivePath
{
    /// <summary>Splits a path and refuses one that leaves the archive's root.</summary>
    /// <param name="name">The entry's path.</param>
    /// <param name="location">The archive, for the message.</param>
    /// <returns>The parts, without empty ones and dots.</returns>
    /// <exception cref="InvalidDatasetException">The path is absolute or leads upwards.</exception>
    public static string[] Split(string name, string location)
    {
        string[] parts = name.Split('/', '\\');
        bool drive = name.Length > 2 && char.IsAsciiLetter(name[0]) && name[1] == ':' && name[2] is '/' or '\\';
        return drive || name.StartsWith('/') || name.StartsWith('\\') || parts.Contains("..")
            ? throw new InvalidDatasetException(
                location,
                $"the entry {ExceptionText.Quote(name)} has a path that leaves the archive's root. "
                + "Do not trust this archive, or pack it again from a clean folder.")
            : [.. parts.Where(part => part is not ("" or "."))];
    }

    /// <summary>The path to which a link inside an archive leads; null where it leaves the archive.</summary>
    /// <param name="folder">The folder of the link, or no parts for a path from the root.</param>
    /// <param name="target">The link's target.</param>
    public static string? Resolve(ReadOnlySpan<string> folder, string target)
    {
        if (target.StartsWith('/'))
        {
            return null;
        }

        List<string> path = [.. folder];
        foreach (string part in target.Split('/'))
        {
            if (part == ".." && path.Count == 0)
            {
                return null;
            }

            if (part == "..")
            {
                path.RemoveAt(path.Count - 1);
            }
            else if (part is not ("" or "."))
            {
                path.Add(part);
            }
        }

        return string.Join('/', path);
    }
}
