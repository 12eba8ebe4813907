namespace Fovea.Collectives;

/// <summary>Processes cannot work together: one has failed or is gone, they differ, or there is nothing to communicate through.</summary>
public sealed class CollectiveException : FoveaException
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    /// <param name="cause">Lower error that led here, if any.</param>
    public CollectiveException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
