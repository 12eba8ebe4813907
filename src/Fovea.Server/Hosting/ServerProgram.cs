using System.Text.Json;
using Fovea.Data;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Scalar.AspNetCore;

namespace Fovea.Server;

/// <summary>The program <c>fovea-server</c>, which <c>fovea serve</c> starts.</summary>
internal static class ServerProgram
{
    private const string DefaultUrl = "http://127.0.0.1:8080";
    private const string JsonSwitch = "Fovea:Json";
    private const int BadInput = 3;
    private const int Failure = 1;
    private const int WrongUsage = 2;

    /// <summary>Serves until it is asked to stop.</summary>
    /// <param name="arguments">Configuration in the form of ASP.NET Core, such as <c>--Fovea:MaxBatch=8</c>.</param>
    /// <returns>0 after it was asked to stop; 2 where the configuration does not fit; 3 where a model cannot be loaded.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        WebApplication app;
        try
        {
            app = Build(arguments);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"fovea: {error.Message}").ConfigureAwait(false);
            return WrongUsage;
        }

        await using (app.ConfigureAwait(false))
        {
            return await ServeAsync(app).ConfigureAwait(false);
        }
    }

    /// <summary>Builds the program without starting it.</summary>
    /// <param name="arguments">Configuration in the form of ASP.NET Core.</param>
    /// <exception cref="ArgumentException">The configuration does not fit.</exception>
    public static WebApplication Build(params string[] arguments)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(arguments);
        FoveaServerOptions options = new();
        builder.Configuration.GetSection("Fovea").Bind(options);
        options.Validate();
        Image.MaxPixels = options.MaxPixels;
        ConfigureKestrel(builder, options);
        ConfigureLog(builder);
        builder.Services.AddFovea(options);
        builder.Services.AddOpenApi();
        builder.AddTelemetry();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainTimeout));
        if (options.RequestsPerSecond > 0)
        {
            builder.Services.AddRateLimit(options.RequestsPerSecond, options.ApiKeyFile is not null);
        }

        WebApplication app = builder.Build();
        app.UseSafeHeaders();
        app.UseStatusCodePages();
        if (options.ApiKeyFile is string file)
        {
            app.UseApiKeys(ApiKeys.Read(file));
        }

        if (options.RequestsPerSecond > 0)
        {
            app.UseRateLimiter();
        }

        app.MapFovea();
        app.MapPage();
        app.MapOpenApi();
        app.MapScalarApiReference(Page.Documentation, page => page.WithTitle("Fovea").DisableDefaultFonts());
        app.MapPrometheusScrapingEndpoint();
        return app;
    }

    private static async Task<int> ServeAsync(WebApplication app)
    {
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Fovea.Server");
        FoveaServerOptions options = app.Services.GetRequiredService<FoveaServerOptions>();
        ServerHealth health = app.Services.GetRequiredService<ServerHealth>();
        try
        {
            await app.StartAsync().ConfigureAwait(false);
            if (await health.Starting.ConfigureAwait(false))
            {
                Tell(app, options, log);
            }

            await app.WaitForShutdownAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            log.GaveUp(options.DrainTimeout);
        }
        catch (IOException error)
        {
            // An address that another program has.
            await Console.Error.WriteLineAsync($"fovea: {error.Message}").ConfigureAwait(false);
            return Failure;
        }

        ServerMetrics metrics = app.Services.GetRequiredService<ServerMetrics>();
        log.Stopped(metrics.Admitted, metrics.Answered);
        if (health.Failure is Exception failure)
        {
            await Console.Error.WriteLineAsync($"fovea: {failure.Message}").ConfigureAwait(false);
            return BadInput;
        }

        return 0;
    }

    private static void Tell(WebApplication app, FoveaServerOptions options, ILogger log)
    {
        IReadOnlyList<string> urls =
            [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []];
        Console.WriteLine(app.Configuration.GetValue<bool>(JsonSwitch)
            ? JsonSerializer.Serialize(new Started(urls), ServerJson.Default.Started)
            : $"Serving at {string.Join(" and ", urls)}  (the API: {Page.Documentation})");
        foreach (string url in urls.Where(url => options.ApiKeyFile is null && !IsLoopback(url)))
        {
            log.Open(url);
        }
    }

    private static bool IsLoopback(string url) => Uri.TryCreate(url, UriKind.Absolute, out Uri? address) && address.IsLoopback;

    private static void ConfigureKestrel(WebApplicationBuilder builder, FoveaServerOptions options)
    {
        if (builder.Configuration["urls"] is not { Length: > 0 } && builder.Configuration["http_ports"] is not { Length: > 0 })
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Limits.MaxRequestHeaderCount = 64;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.MaxRequestLineSize = 4 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MaxConcurrentConnections = 4096;
        });
    }

    private static void ConfigureLog(WebApplicationBuilder builder)
    {
        // The log goes to standard error, so that standard output has what a script asked for.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (builder.Configuration.GetValue<bool>(JsonSwitch))
        {
            builder.Logging.AddJsonConsole();
        }
        else
        {
            builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss "));
        }

        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
    }
}
