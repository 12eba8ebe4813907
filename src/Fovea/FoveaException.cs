namespace Fovea;

/// <summary>
/// Base of every error that Fovea raises for people: its message is a whole explanation (what was wrong, where, what to do),
/// fit to be shown without a stack trace.
/// </summary>
public abstract class FoveaException : Exception
{
    private readonly string _problem;

    /// <summary>Makes the error with a message written for people.</summary>
    /// <param name="message">What was wrong, where, and what to do.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    protected FoveaException(string message, Exception? cause = null)
        : base(message, cause) => (_problem, Remedies) = (message, []);

    /// <summary>Makes the error with ways out of it; the message reads "problem. remedies".</summary>
    /// <param name="problem">What was wrong and where, without a final full stop.</param>
    /// <param name="remedies">What to do about it, at least one.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    protected FoveaException(string problem, IReadOnlyList<Remedy> remedies, Exception? cause = null)
        : base(Join(problem, remedies, remedy => remedy.Text), cause) => (_problem, Remedies) = (problem, remedies);

    /// <summary>Ways out of the error, as data; empty where the message says all.</summary>
    public IReadOnlyList<Remedy> Remedies { get; }

    /// <summary>Words the message for people who do not use the library's members, such as those of a command.</summary>
    /// <param name="words">The words of a remedy: a whole sentence.</param>
    public string Explain(Func<Remedy, string> words) => Remedies.Count == 0 ? Message : Join(_problem, Remedies, words);

    private static string Join(string problem, IReadOnlyList<Remedy> remedies, Func<Remedy, string> words) =>
        $"{problem}. {string.Join(" ", remedies.Select(words))}";
}
