namespace Fovea.Data;

/// <summary>The rules of listing that folders and archives share: what is hidden, what is an image, what is said of the rest.</summary>
internal sealed class ContainerListing
{
    private const int Shown = 3;
    private static readonly string[] _systemFiles = ["Thumbs.db", "desktop.ini", "Icon\r"];
    private readonly SortedDictionary<string, int> _others = new(StringComparer.Ordinal);
    private readonly List<string> _links = [];
    private readonly List<string> _strange = [];

    /// <summary>The images.</summary>
    public List<ContainerFile> Images { get; } = [];

    /// <summary>The texts that may hold annotations.</summary>
    public List<ContainerFile> Texts { get; } = [];

    /// <summary>The folders, as the parts of their paths.</summary>
    public List<string[]> Folders { get; } = [];

    /// <summary>True if a file or folder of that name is none of the data: hidden ones, and those that systems leave behind.</summary>
    /// <param name="name">Name without its folders.</param>
    public static bool IsHidden(string name) => name.StartsWith('.') || name == "__MACOSX" || _systemFiles.Contains(name);

    /// <summary>True if a part of a path is hidden.</summary>
    /// <param name="path">The parts of the path.</param>
    public static bool IsHidden(string[] path) => Array.Exists(path, IsHidden);

    /// <summary>Takes note of the visible folder around an archive's entry: archives need not name folders by themselves.</summary>
    /// <param name="path">The parts of the entry's path.</param>
    public void AddFolderOf(string[] path)
    {
        string[] folder = path.Length > 0 ? [.. path[..^1].TakeWhile(name => !IsHidden(name))] : [];
        if (folder.Length > 0 && !(Folders.Count > 0 && Folders[^1].AsSpan().SequenceEqual(folder)))
        {
            Folders.Add(folder);
        }
    }

    /// <summary>Adds an image or a text.</summary>
    /// <param name="file">The file.</param>
    public void Add(ContainerFile file) => (file.IsText ? Texts : Images).Add(file);

    /// <summary>Counts a file that is neither an image nor a text.</summary>
    /// <param name="name">Its name.</param>
    public void PassOverFile(string name) => Count(_others, name);

    /// <summary>Notes a link that is not followed.</summary>
    /// <param name="path">The link.</param>
    /// <param name="reason">Why, as the end of a sentence, such as "leads to nothing".</param>
    public void PassOverLink(string path, string reason) => _links.Add($"'{path}' {reason}");

    /// <summary>Notes an entry that is neither file nor folder.</summary>
    /// <param name="path">The entry.</param>
    /// <param name="kind">Its kind, such as "a device".</param>
    public void PassOverEntry(string path, string kind) => _strange.Add($"'{path}' is {kind}");

    /// <summary>Sentences about what was passed over; none where all is usual.</summary>
    /// <param name="withTexts">True where the texts are passed over, too.</param>
    public IReadOnlyList<string> Notes(bool withTexts)
    {
        List<string> notes = [];
        SortedDictionary<string, int> others = new(_others, StringComparer.Ordinal);
        foreach (ContainerFile text in withTexts ? Texts : [])
        {
            Count(others, text.Path[^1]);
        }

        int files = others.Values.Sum();
        if (files > 0)
        {
            IEnumerable<string> kinds =
                others.OrderByDescending(kind => kind.Value).Take(Shown).Select(kind => $"{kind.Value} {kind.Key}");
            notes.Add(
                $"{Count(files, "file is no image", "files are no images")} that can be read: passed over "
                + $"({string.Join(", ", kinds)}{(others.Count > Shown ? ", …" : "")}).");
        }

        Add(notes, _links, "link is", "links are");
        Add(notes, _strange, "entry is", "entries are");
        return notes;
    }

    private static void Add(List<string> notes, List<string> found, string one, string many)
    {
        if (found.Count > 0)
        {
            string rest = found.Count > Shown ? ", …" : "";
            notes.Add($"{Count(found.Count, one, many)} passed over: {string.Join(", ", found.Take(Shown))}{rest}.");
        }
    }

    private static void Count(SortedDictionary<string, int> kinds, string name)
    {
        string extension = Path.GetExtension(name);
        string kind = extension.Length is > 1 and < 9 ? extension.ToLowerInvariant() : "without extension";
        kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
    }

    private static string Count(int number, string one, string many) => number == 1 ? $"1 {one}" : $"{number} {many}";
}
