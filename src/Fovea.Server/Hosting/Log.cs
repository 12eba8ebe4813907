using Microsoft.Extensions.Logging;

namespace Fovea.Server;

/// <summary>Messages of the server's log.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Ready: {Models}")]
    public static partial void Ready(this ILogger log, string models);

    [LoggerMessage(2, LogLevel.Information, "Loaded {Name} ({Model}: {Tasks}) in {Milliseconds:F0} ms")]
    public static partial void Loaded(this ILogger log, string name, string model, string tasks, double milliseconds);

    [LoggerMessage(3, LogLevel.Information, "Removed {Name}: its file is gone")]
    public static partial void Removed(this ILogger log, string name);

    [LoggerMessage(4, LogLevel.Warning, "{Name} is not served: {Problem}")]
    public static partial void Unusable(this ILogger log, string name, string problem);

    [LoggerMessage(5, LogLevel.Error, "A request failed by a fault of the server itself")]
    public static partial void Fault(this ILogger log, Exception error);

    [LoggerMessage(6, LogLevel.Warning, "Everybody who reaches {Address} may use this server: give it keys with --api-key")]
    public static partial void Open(this ILogger log, string address);

    [LoggerMessage(7, LogLevel.Warning, "Requests that were not done within {Seconds} s were given up")]
    public static partial void GaveUp(this ILogger log, double seconds);

    [LoggerMessage(8, LogLevel.Information, "Stopped: {Admitted} requests were admitted, {Answered} of them answered")]
    public static partial void Stopped(this ILogger log, long admitted, long answered);
}
