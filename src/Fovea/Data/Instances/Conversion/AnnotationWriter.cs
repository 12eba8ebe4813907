namespace Fovea.Data;

/// <summary>Writes a set in one form, part after part.</summary>
/// <param name="folder">The folder of the set.</param>
internal abstract class AnnotationWriter(string folder)
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>True if the form holds masks.</summary>
    public abstract bool HoldsMasks { get; }

    /// <summary>True if the form tells crowds or difficult objects.</summary>
    public abstract bool HoldsCrowds { get; }

    /// <summary>Masks of which the form holds the outline of the largest part only.</summary>
    public int SimplifiedMasks { get; protected set; }

    /// <summary>Name of the part that is written.</summary>
    protected string Part { get; private set; } = "";

    /// <summary>Names of the classes.</summary>
    protected IReadOnlyList<string> Classes { get; private set; } = [];

    /// <summary>Folder of the part's images, relative to that of the set.</summary>
    protected abstract string ImageFolder { get; }

    /// <summary>Begins a part.</summary>
    /// <param name="part">Its name: train, val or test.</param>
    /// <param name="classes">Names of the classes.</param>
    public virtual void Begin(string part, IReadOnlyList<string> classes) => (Part, Classes) = (part, classes);

    /// <summary>Writes an image and what is known of it.</summary>
    /// <param name="path">Path of the image in its set.</param>
    /// <param name="bytes">The image as it is stored.</param>
    /// <param name="size">Its size, set upright.</param>
    /// <param name="instances">Its objects.</param>
    public void Add(string path, byte[] bytes, ImageSize size, IReadOnlyList<Instance> instances)
    {
        string name = NameOf(path);
        WriteBytes(Path.Combine(ImageFolder, name), bytes);
        Write(name, size, instances);
    }

    /// <summary>Ends a part.</summary>
    public abstract void End();

    /// <summary>Writes what is known of an image.</summary>
    /// <param name="name">Name of the image in its folder.</param>
    /// <param name="size">Its size, set upright.</param>
    /// <param name="instances">Its objects.</param>
    protected abstract void Write(string name, ImageSize size, IReadOnlyList<Instance> instances);

    /// <summary>Opens a file of the set, with the folders around it.</summary>
    /// <param name="path">Path relative to the set.</param>
    protected FileStream Create(string path)
    {
        string full = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return new FileStream(full, FileMode.CreateNew, FileAccess.Write);
    }

    /// <summary>Writes a file of the set.</summary>
    /// <param name="path">Path relative to the set.</param>
    /// <param name="bytes">Its content.</param>
    protected void WriteBytes(string path, ReadOnlySpan<byte> bytes)
    {
        using FileStream stream = Create(path);
        stream.Write(bytes);
    }

    /// <summary>Name of an image that no other image of its folder has, not even with another ending: as short as it can be.</summary>
    private string NameOf(string path)
    {
        string[] parts = path.Split('/');
        string ending = Path.GetExtension(path);
        for (int first = parts.Length - 1; first >= 0; first--)
        {
            string stem = Path.GetFileNameWithoutExtension(string.Join('_', parts[first..]));
            if (_names.Add($"{ImageFolder}/{stem}"))
            {
                return stem + ending;
            }
        }

        string numbered;
        int number = 2;
        do
        {
            numbered = $"{Path.GetFileNameWithoutExtension(parts[^1])}_{number++}";
        }
        while (!_names.Add($"{ImageFolder}/{numbered}"));

        return numbered + ending;
    }
}
