using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>
/// Figures and traces of the server, by .NET's own instruments: whoever listens to the meter and the source <c>Fovea.Server</c> gets them.
/// </summary>
internal sealed class ServerMetrics : IDisposable
{
    /// <summary>Name of meter and source.</summary>
    public const string Name = "Fovea.Server";

    private readonly Meter _meter;
    private readonly Histogram<int> _batch;
    private readonly Histogram<double> _phase;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _images;
    private long _admitted;
    private long _answered;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Makes meters.</param>
    /// <param name="models">Models whose queues are looked at.</param>
    public ServerMetrics(IMeterFactory meters, ModelSet models)
    {
        _meter = meters.Create(Name);
        _images = _meter.CreateCounter<long>("fovea.images", "{image}", "Images that were computed.");
        _batch = _meter.CreateHistogram(
            "fovea.batch.size",
            "{image}",
            "Images that ran together.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64] });
        _phase = _meter.CreateHistogram(
            "fovea.phase.duration",
            "s",
            "Time by phase: decode, queue, run.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
        _rejected = _meter.CreateCounter<long>("fovea.rejected", "{request}", "Requests that were not admitted.");
        _meter.CreateObservableUpDownCounter(
            "fovea.images.admitted",
            () => models.Current.Select(model => new Measurement<int>(model.Admission.Admitted, Of(model.Name))),
            "{image}",
            "Images in the server: arriving, decoded, waiting or running.");
    }

    /// <summary>Source of traces.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>Requests that were admitted.</summary>
    public long Admitted => Interlocked.Read(ref _admitted);

    /// <summary>Admitted requests whose answers were sent.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Takes a request that was admitted.</summary>
    /// <param name="response">Its answer.</param>
    public void AdmittedTo(HttpResponse response)
    {
        Interlocked.Increment(ref _admitted);
        response.OnCompleted(
            static metrics =>
            {
                Interlocked.Increment(ref ((ServerMetrics)metrics)._answered);
                return Task.CompletedTask;
            },
            this);
    }

    /// <summary>Takes a batch.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="images">Images of the batch.</param>
    /// <param name="time">Time of the run.</param>
    public void Ran(string model, int images, TimeSpan time)
    {
        _images.Add(images, Of(model));
        _batch.Record(images, Of(model));
        Phase(model, "run", time);
    }

    /// <summary>Takes the time of a phase.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="phase">Name of the phase.</param>
    /// <param name="time">Its time.</param>
    public void Phase(string model, string phase, TimeSpan time) =>
        _phase.Record(time.TotalSeconds, Of(model), new KeyValuePair<string, object?>("phase", phase));

    /// <summary>Takes a request that was not admitted.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="reason">A word: full, draining, late.</param>
    public void Rejected(string model, string reason) =>
        _rejected.Add(1, Of(model), new KeyValuePair<string, object?>("reason", reason));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Of(string model) => new("model", model);
}
