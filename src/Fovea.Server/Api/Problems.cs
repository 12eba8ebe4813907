using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fovea.Server;

/// <summary>Errors as problem details (RFC 9457).</summary>
internal static class Problems
{
    /// <summary>Answers, or tells as problem details what went wrong.</summary>
    /// <param name="http">Request and answer.</param>
    /// <param name="log">Told of faults of the server itself.</param>
    /// <param name="answer">Makes the answer.</param>
    public static async Task<IResult> GuardAsync(HttpContext http, ILogger log, Func<Task<IResult>> answer)
    {
        try
        {
            return await answer().ConfigureAwait(false);
        }
        catch (RequestException error)
        {
            if (error.RetryAfterSeconds is int seconds)
            {
                http.Response.Headers.RetryAfter = $"{seconds}";
            }

            return Of(http, error.Status, error.Message);
        }
        catch (BadHttpRequestException error)
        {
            return Of(http, error.StatusCode, error.Message);
        }
        catch (FoveaException error)
        {
            return Of(http, StatusCodes.Status400BadRequest, error.Message);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody reads the answer.
            return TypedResults.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
        catch (OperationCanceledException)
        {
            return Of(http, StatusCodes.Status504GatewayTimeout, "The request did not get its turn in time.");
        }
        catch (Exception error)
        {
            log.Fault(error);
            return Of(http, StatusCodes.Status500InternalServerError, "This is a fault of the server itself; its log tells more.");
        }
    }

    /// <summary>Problem details; below <c>/v2</c> with the member <c>error</c> that the Open Inference Protocol has.</summary>
    private static IResult Of(HttpContext http, int status, string detail) =>
        http.Request.Path.StartsWithSegments(ProtocolRoutes.Prefix, StringComparison.OrdinalIgnoreCase)
            ? TypedResults.Problem(
                detail, statusCode: status, extensions: new Dictionary<string, object?> { [Protocol.Error] = detail })
            : Of(status, detail);

    /// <summary>Problem details.</summary>
    /// <param name="status">Status code.</param>
    /// <param name="detail">What was wrong, and what to do: whole sentences.</param>
    public static IResult Of(int status, string detail) => TypedResults.Problem(detail, statusCode: status);
}
