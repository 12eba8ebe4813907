namespace Fovea.Data;

/// <summary>
/// Something is wrong with the data that were given: an image, a data set, or what is needed to read them.
/// The message is one sentence or two for people: it names the file, what is wrong with it, and what to do.
/// </summary>
public class UnusableDataException : FoveaException
{
    /// <summary>Creates the exception with the message that people read.</summary>
    /// <param name="message">Names the file, what is wrong and what to do.</param>
    /// <param name="inner">The failure underneath, where there is one.</param>
    public UnusableDataException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Creates the exception with ways out of it; the message reads "problem remedies".</summary>
    /// <param name="problem">Names the file and what is wrong; whole sentences.</param>
    /// <param name="remedies">What to do about it, at least one.</param>
    /// <param name="inner">The failure underneath, where there is one.</param>
    public UnusableDataException(string problem, IReadOnlyList<Remedy> remedies, Exception? inner = null)
        : base(problem.TrimEnd('.'), remedies, inner)
    {
    }
}

/// <summary>An image cannot be decoded: it is cut off, damaged, too large or of an unknown kind.</summary>
public sealed class InvalidImageException : UnusableDataException
{
    /// <summary>Creates the exception for one image.</summary>
    /// <param name="name">The image's file, or archive and entry.</param>
    /// <param name="problem">What is wrong with it, and what to do.</param>
    /// <param name="inner">The failure underneath, where there is one.</param>
    public InvalidImageException(string name, string problem, Exception? inner = null)
        : base($"{name}: {problem}", inner) => Name = name;

    /// <summary>Creates the exception for one image, with ways out of it.</summary>
    /// <param name="name">The image's file, or archive and entry.</param>
    /// <param name="problem">What is wrong with it: whole sentences.</param>
    /// <param name="remedies">What to do about it, at least one.</param>
    /// <param name="inner">The failure underneath, where there is one.</param>
    public InvalidImageException(string name, string problem, IReadOnlyList<Remedy> remedies, Exception? inner = null)
        : base($"{name}: {problem}", remedies, inner) => Name = name;

    /// <summary>The image's file, or archive and entry.</summary>
    public string Name { get; }
}

/// <summary>A data set cannot be used: it is missing, cut off, laid out in another way, or has too few classes.</summary>
public sealed class InvalidDatasetException : UnusableDataException
{
    /// <summary>Creates the exception for one data set.</summary>
    /// <param name="path">The file or folder at fault.</param>
    /// <param name="problem">What is wrong with it, and what to do.</param>
    /// <param name="inner">The failure underneath, where there is one.</param>
    public InvalidDatasetException(string path, string problem, Exception? inner = null)
        : base($"{path}: {problem}", inner) => Path = path;

    /// <summary>Creates the exception for one data set, with ways out of it.</summary>
    /// <param name="path">The file or folder at fault.</param>
    /// <param name="problem">What is wrong with it: whole sentences.</param>
    /// <param name="remedies">What to do about it, at least one.</param>
    public InvalidDatasetException(string path, string problem, IReadOnlyList<Remedy> remedies)
        : base($"{path}: {problem}", remedies) => Path = path;

    /// <summary>The file or folder at fault.</summary>
    public string Path { get; }
}
