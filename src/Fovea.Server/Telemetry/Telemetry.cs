using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Fovea.Server;

/// <summary>
/// Figures for Prometheus at <c>/metrics</c>, and figures and traces for a collector of OpenTelemetry where the environment names one
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>).
/// </summary>
internal static class Telemetry
{
    private const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Adds what listens.</summary>
    /// <param name="builder">The program.</param>
    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        bool collects = !string.IsNullOrEmpty(builder.Configuration[Collector]);
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("fovea"))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(ServerMetrics.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                    .AddMeter("System.Runtime")
                    .AddPrometheusExporter();
                if (collects)
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (collects)
        {
            telemetry.WithTracing(traces =>
                traces.AddSource(ServerMetrics.Name, "Microsoft.AspNetCore").AddOtlpExporter());
        }
    }
}
