using System.Collections.Concurrent;
using System.Globalization;

namespace Fovea.Load;

/// <summary>Answers to a load: how many of which kind, and their times. Any number of threads may add to it.</summary>
internal sealed class LoadReport
{
    private readonly ConcurrentQueue<double> _milliseconds = [];
    private readonly ConcurrentDictionary<int, long> _statuses = [];
    private readonly ConcurrentDictionary<int, long> _models = [];
    private long _mixedUp;
    private long _unanswered;

    /// <summary>Seconds that were measured.</summary>
    public double Seconds { get; set; }

    /// <summary>Answers with the right content.</summary>
    public long Right => _milliseconds.Count;

    /// <summary>Answers that are those of another image.</summary>
    public long MixedUp => Interlocked.Read(ref _mixedUp);

    /// <summary>Requests whose connection ended before an answer.</summary>
    public long Unanswered => Interlocked.Read(ref _unanswered);

    /// <summary>Requests that the server did not admit: 503 and 429.</summary>
    public long Refused => _statuses.GetValueOrDefault(503) + _statuses.GetValueOrDefault(429);

    /// <summary>Requests that were admitted and then failed.</summary>
    public long Failed => _statuses.Where(pair => pair.Key is not (200 or 503 or 429)).Sum(pair => pair.Value);

    /// <summary>Right answers in a second.</summary>
    public double Rate => Right / Seconds;

    /// <summary>Right answers by a model.</summary>
    /// <param name="model">Number of the model among a question's answers.</param>
    public long By(int model) => _models.GetValueOrDefault(model);

    /// <summary>Milliseconds that a share of the right answers took at most.</summary>
    /// <param name="share">The share, from 0 to 1.</param>
    public double Percentile(double share)
    {
        double[] times = [.. _milliseconds.Order()];
        return times.Length == 0 ? double.NaN : times[(int)Math.Min(times.Length - 1, share * times.Length)];
    }

    /// <summary>Takes an answer.</summary>
    /// <param name="status">Status code.</param>
    /// <param name="model">Model whose right answer it is; −1 for that of another image.</param>
    /// <param name="time">Time from sending to the whole answer.</param>
    public void Add(int status, int model, TimeSpan time)
    {
        _statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
        if (status != 200)
        {
            return;
        }

        if (model < 0)
        {
            Interlocked.Increment(ref _mixedUp);
            return;
        }

        _models.AddOrUpdate(model, 1, (_, count) => count + 1);
        _milliseconds.Enqueue(time.TotalMilliseconds);
    }

    /// <summary>Takes a request whose connection ended before an answer.</summary>
    public void AddUnanswered() => Interlocked.Increment(ref _unanswered);

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Rate:F1} images/s in {Seconds:F1} s   p50 {Percentile(0.5):F0} ms  p95 {Percentile(0.95):F0} ms  p99 {Percentile(0.99):F0} ms   "
        + $"right {Right}  refused {Refused}  failed {Failed}  mixed up {MixedUp}  unanswered {Unanswered}");
}
