namespace Fovea.Server;

/// <summary>Something is wrong with a request; the client learns of it as problem details.</summary>
internal sealed class RequestException : FoveaException
{
    /// <summary>Makes the error.</summary>
    /// <param name="status">Status code of the answer.</param>
    /// <param name="message">What was wrong, and what to do: whole sentences.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    public RequestException(int status, string message, Exception? cause = null)
        : base(message, cause) => Status = status;

    /// <summary>Status code of the answer.</summary>
    public int Status { get; }

    /// <summary>Seconds after which the client may ask again; null where that would not help.</summary>
    public int? RetryAfterSeconds { get; init; }
}
