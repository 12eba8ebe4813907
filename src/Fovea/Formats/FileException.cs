namespace Fovea.Formats;

/// <summary>Error that concerns one file or folder; the message reads "path: problem. remedies".</summary>
public abstract class FileException : FoveaException
{
    /// <summary>Makes the error.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="problem">What is wrong with it, what was expected and where, without a final full stop.</param>
    /// <param name="remedies">What to do about it, at least one.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    private protected FileException(string path, string problem, IReadOnlyList<Remedy> remedies, Exception? cause)
        : base($"{path}: {problem}", remedies, cause) => (Path, Problem) = (path, problem);

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>Problem in words, without a final full stop.</summary>
    public string Problem { get; }
}
