namespace Fovea.Formats;

/// <summary>A file that was read is broken, lies about itself, or holds something else than was asked for.</summary>
public sealed class InvalidFileException : FoveaException
{
    /// <summary>Makes the error; the message reads "path: problem. remedy".</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What is wrong with it, what was expected and where, without a final full stop.</param>
    /// <param name="remedy">What to do about it: a whole sentence.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    public InvalidFileException(string path, string problem, string remedy, Exception? cause = null)
        : base($"{path}: {problem}. {remedy}", cause)
    {
        Path = path;
        Problem = problem;
        Remedy = remedy;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What is wrong with the file.</summary>
    public string Problem { get; }

    /// <summary>What to do about it.</summary>
    public string Remedy { get; }
}
