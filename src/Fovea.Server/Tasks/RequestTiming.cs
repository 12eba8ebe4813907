using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>Times of a request by phase; of several images, the longest. The answer's header <c>Server-Timing</c> tells them.</summary>
/// <param name="metrics">Takes the times too.</param>
/// <param name="model">Name of the model.</param>
internal sealed class RequestTiming(ServerMetrics metrics, string model)
{
    private readonly Lock _gate = new();
    private TimeSpan _decode;
    private TimeSpan _wait;
    private TimeSpan _run;
    private int _batch;

    /// <summary>Measures decoding until it is disposed of.</summary>
    public Phase Decoding() => new(this, Stopwatch.GetTimestamp());

    /// <summary>Takes the times of an image.</summary>
    /// <param name="batch">Images that ran together.</param>
    /// <param name="waited">Time in the queue.</param>
    /// <param name="ran">Time of the run.</param>
    public void Add(int batch, TimeSpan waited, TimeSpan ran)
    {
        lock (_gate)
        {
            _batch = Math.Max(_batch, batch);
            (_wait, _run) = (Longer(_wait, waited), Longer(_run, ran));
        }

        metrics.Phase(model, "queue", waited);
    }

    /// <summary>Writes the headers <c>Server-Timing</c> and <c>Fovea-Batch</c>.</summary>
    /// <param name="headers">Headers of the answer.</param>
    public void Write(IHeaderDictionary headers)
    {
        headers["Server-Timing"] = string.Create(
            CultureInfo.InvariantCulture,
            $"decode;dur={_decode.TotalMilliseconds:F1}, queue;dur={_wait.TotalMilliseconds:F1}, run;dur={_run.TotalMilliseconds:F1}");
        headers["Fovea-Batch"] = _batch.ToString(CultureInfo.InvariantCulture);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>A phase under way.</summary>
    internal readonly struct Phase(RequestTiming timing, long start) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose()
        {
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            lock (timing._gate)
            {
                timing._decode = Longer(timing._decode, time);
            }

            timing.Decoded(time);
        }
    }

    private void Decoded(TimeSpan time) => metrics.Phase(model, "decode", time);
}
