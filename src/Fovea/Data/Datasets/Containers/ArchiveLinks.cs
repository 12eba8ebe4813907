namespace Fovea.Data;

/// <summary>Links among an archive's entries: those that end at an image or a text become files of their own names.</summary>
internal sealed class ArchiveLinks
{
    private const int MaxSteps = 40;
    private readonly Dictionary<string, ContainerFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string[] Path, string? Target)> _links = new(StringComparer.Ordinal);

    /// <summary>Takes an image or a text, a hidden one as well: links may lead to it.</summary>
    /// <param name="file">The file.</param>
    public void AddFile(ContainerFile file) => _files[file.Name] = file;

    /// <summary>Takes a link.</summary>
    /// <param name="path">Its own path.</param>
    /// <param name="target">The path that it leads to; null where that lies outside of the archive.</param>
    public void AddLink(string[] path, string? target) => _links[string.Join('/', path)] = (path, target);

    /// <summary>Adds the links to a listing of all other entries.</summary>
    /// <param name="listing">The listing.</param>
    public void Resolve(ContainerListing listing)
    {
        HashSet<string> folders = [.. listing.Folders.Select(folder => string.Join('/', folder))];
        foreach (ContainerFile file in _files.Values)
        {
            for (int depth = 1; depth < file.Path.Length; depth++)
            {
                folders.Add(string.Join('/', file.Path.Take(depth)));
            }
        }

        foreach ((string name, (string[] path, string? target)) in _links)
        {
            if (ContainerListing.IsHidden(path))
            {
                continue;
            }

            string? end = End(target);
            if (end is not null && _files.TryGetValue(end, out ContainerFile? file))
            {
                listing.Add(file with { Path = path });
            }
            else
            {
                listing.PassOverLink(name, end switch
                {
                    null => "leads out of the archive",
                    _ when folders.Contains(end) => "leads to a folder that is read already",
                    _ => "leads to no image in the archive",
                });
            }
        }
    }

    /// <summary>Follows links to links; null where they lead out of the archive.</summary>
    private string? End(string? target)
    {
        for (int step = 0; step < MaxSteps && target is not null; step++)
        {
            if (!_links.TryGetValue(target, out (string[] Path, string? Target) next))
            {
                break;
            }

            target = next.Target;
        }

        return target;
    }
}
