using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Fovea.Client;

/// <summary>The server refused a request; the message is the detail of its problem details (RFC 9457), for people.</summary>
public sealed class FoveaServerException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="status">Status code of the answer.</param>
    /// <param name="message">What was wrong, and what to do.</param>
    /// <param name="retryAfter">Time after which to ask again; null where that would not help.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    public FoveaServerException(HttpStatusCode status, string message, TimeSpan? retryAfter, Exception? cause = null)
        : base(message, cause) => (Status, RetryAfter) = (status, retryAfter);

    /// <summary>Status code of the answer.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>Time after which to ask again, where the server is full, starts or drains; null where that would not help.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Reads the error of an answer.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="cancellation">Gives up reading.</param>
    internal static async Task<FoveaServerException> OfAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        RetryConditionHeaderValue? retry = response.Headers.RetryAfter;
        return new FoveaServerException(
            response.StatusCode, await DetailOfAsync(response, cancellation).ConfigureAwait(false), retry?.Delta);
    }

    private static async Task<string> DetailOfAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        string usual = $"The server answered {(int)response.StatusCode} ({response.ReasonPhrase}).";
        try
        {
            Problem? problem = await response.Content.ReadFromJsonAsync(ClientJson.Default.Problem, cancellation).ConfigureAwait(false);
            return problem?.Detail ?? usual;
        }
        catch (JsonException)
        {
            // A proxy in between answered.
            return usual;
        }
    }
}
