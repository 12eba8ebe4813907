namespace Fovea.Formats;

/// <summary>Error of a file that was read and is broken, lies about itself, or holds something else than was asked for.</summary>
public sealed class InvalidFileException : FileException
{
    /// <summary>Makes the error with advice for people.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What is wrong with it, what was expected and where, without a final full stop.</param>
    /// <param name="advice">What to do about it: a whole sentence.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    public InvalidFileException(string path, string problem, string advice, Exception? cause = null)
        : this(path, problem, [new Remedy.Advice(advice)], cause)
    {
    }

    /// <summary>Makes the error with remedies that a program may act on.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What is wrong with it, what was expected and where, without a final full stop.</param>
    /// <param name="remedies">What to do about it, at least one.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    public InvalidFileException(string path, string problem, IReadOnlyList<Remedy> remedies, Exception? cause = null)
        : base(path, problem, remedies, cause)
    {
    }
}
