using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fovea.Server;

/// <summary>Guards before all requests of the program: headers of safety, keys, a limit on their rate.</summary>
internal static class Guards
{
    // The page, its modules and styles come from here alone, and nothing stands inline; Scalar's page brings script and styles in itself.
    private const string PagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' "
        + "blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string DocumentationPolicy = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' "
        + "'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    // Whoever watches the server asks without a key, and so does a browser for the page itself.
    private static readonly string[] _guarded = ["/v1", "/v2/models", "/metrics"];

    /// <summary>Adds headers of safety to every answer.</summary>
    /// <param name="app">The program.</param>
    public static void UseSafeHeaders(this WebApplication app) => app.Use((http, next) =>
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()";
        headers.ContentSecurityPolicy = http.Request.Path.StartsWithSegments(Page.Documentation, StringComparison.Ordinal)
            ? DocumentationPolicy
            : PagePolicy;
        return next(http);
    });

    /// <summary>Asks for a key.</summary>
    /// <param name="app">The program.</param>
    /// <param name="keys">The keys.</param>
    public static void UseApiKeys(this WebApplication app, ApiKeys keys) => app.Use(async (http, next) =>
    {
        if (IsGuarded(http) && !keys.Allow(http.Request))
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            await Problems.Of(StatusCodes.Status401Unauthorized, "Send one of the server's keys as 'Authorization: Bearer KEY'.")
                .ExecuteAsync(http).ConfigureAwait(false);
            return;
        }

        await next(http).ConfigureAwait(false);
    });

    /// <summary>
    /// Limits the rate of each client, by its key or else its address; a second's requests may come at once. The page and whoever watches
    /// the server's health are not counted.
    /// </summary>
    /// <param name="services">Services of the program.</param>
    /// <param name="requestsPerSecond">Requests in a second.</param>
    /// <param name="haveKeys">True if every client has a key; else a made-up one would be a client of its own.</param>
    public static void AddRateLimit(this IServiceCollection services, int requestsPerSecond, bool haveKeys) =>
        services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http => IsGuarded(http)
                ? RateLimitPartition.GetTokenBucketLimiter(
                    (haveKeys ? ApiKeys.KeyOf(http.Request) : null) ?? http.Connection.RemoteIpAddress?.ToString() ?? "",
                    _ => new TokenBucketRateLimiterOptions
                    {
                        TokenLimit = requestsPerSecond,
                        TokensPerPeriod = requestsPerSecond,
                        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    })
                : RateLimitPartition.GetNoLimiter(""));
            limiter.OnRejected = async (context, _) =>
            {
                double seconds = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan time) ? time.TotalSeconds : 1;
                context.HttpContext.Response.Headers.RetryAfter =
                    Math.Max(1, Math.Ceiling(seconds)).ToString(CultureInfo.InvariantCulture);
                await Problems.Of(StatusCodes.Status429TooManyRequests, $"A client may send {requestsPerSecond} requests a second.")
                    .ExecuteAsync(context.HttpContext).ConfigureAwait(false);
            };
        });

    private static bool IsGuarded(HttpContext http) =>
        Array.Exists(_guarded, path => http.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));
}
