namespace Fovea.Compare;

/// <summary>Another runtime cannot be run, or fails.</summary>
internal sealed class PeerException : FoveaException
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">Which runtime, and what it said.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    public PeerException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
