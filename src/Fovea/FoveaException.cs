namespace Fovea;

/// <summary>
/// The base of every error that Fovea raises for people: its message is a whole explanation (what was wrong, where, what to do),
/// fit to be shown without a stack trace.
/// </summary>
public abstract class FoveaException : Exception
{
    /// <summary>Makes the error with a message written for people.</summary>
    /// <param name="message">What was wrong, where, and what to do.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    protected FoveaException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
