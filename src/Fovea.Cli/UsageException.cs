namespace Fovea.Cli;

/// <summary>The command was called the wrong way, as only the verb itself could tell.</summary>
internal sealed class UsageException : FoveaException
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">What was wrong, with the option's name, and what would be right.</param>
    public UsageException(string message)
        : base(message)
    {
    }
}
