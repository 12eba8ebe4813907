using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Fovea.Load;

/// <summary>
/// A run of load: times of the answers, their status codes, and whether each image always got the same answer, which another image's
/// would not be.
/// </summary>
internal sealed class LoadRun(LoadOptions options) : IDisposable
{
    private const double WarmUpSeconds = 2;
    private readonly ConcurrentQueue<double> _milliseconds = [];
    private readonly ConcurrentDictionary<int, long> _statuses = [];
    private readonly ConcurrentDictionary<int, string> _answers = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };
    private long _mixedUp;
    private long _lost;
    private long _sent;
    private double _seconds;
    private volatile bool _counts;

    public bool HasFailed => _mixedUp > 0 || _lost > 0;

    public async Task RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task load = options.Clients is int clients
            ? Task.WhenAll(Enumerable.Range(0, clients).Select(_ => ClientAsync(end.Token)))
            : OpenAsync(end.Token);
        await Task.Delay(TimeSpan.FromSeconds(WarmUpSeconds), CancellationToken.None);
        _counts = true;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAny(load, Task.Delay(TimeSpan.FromSeconds(options.Seconds), cancellation));
        _seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _counts = false;
        await end.CancelAsync();
        await load;
    }

    public void Dispose() => _http.Dispose();

    public void Write(TextWriter output)
    {
        double[] times = [.. _milliseconds.Order()];
        string statuses = string.Join(", ", _statuses.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}: {pair.Value}"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{times.Length / _seconds:F1} images/s in {_seconds:F1} s   p50 {At(0.5):F0} ms  p95 {At(0.95):F0} ms  p99 {At(0.99):F0} ms  "
            + $"longest {At(1):F0} ms"));
        output.WriteLine($"status codes {statuses}   answers of another image {_mixedUp}   without an answer {_lost}");

        double At(double share) => times.Length == 0 ? double.NaN : times[(int)Math.Min(times.Length - 1, share * times.Length)];
    }

    private async Task ClientAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await AskAsync();
        }
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        List<Task> asked = [];
        long start = Stopwatch.GetTimestamp();
        while (!cancellation.IsCancellationRequested)
        {
            while (asked.Count < Stopwatch.GetElapsedTime(start).TotalSeconds * options.Rate)
            {
                asked.Add(AskAsync());
            }

            await Task.Delay(1, CancellationToken.None);
        }

        await Task.WhenAll(asked);
    }

    private async Task AskAsync()
    {
        int image = (int)((Interlocked.Increment(ref _sent) - 1) % options.Images.Count);
        long start = Stopwatch.GetTimestamp();
        try
        {
            using ByteArrayContent body = new(options.Images[image]);
            using HttpResponseMessage response = await _http.PostAsync(options.Address, body);
            string answer = await response.Content.ReadAsStringAsync();
            if (_counts)
            {
                _statuses.AddOrUpdate((int)response.StatusCode, 1, (_, count) => count + 1);
            }

            if (response.StatusCode == HttpStatusCode.OK)
            {
                Check(image, answer, Stopwatch.GetElapsedTime(start));
            }
        }
        catch (HttpRequestException)
        {
            Interlocked.Increment(ref _lost);
        }
    }

    private void Check(int image, string answer, TimeSpan time)
    {
        if (_counts)
        {
            _milliseconds.Enqueue(time.TotalMilliseconds);
        }

        if (_answers.GetOrAdd(image, answer) != answer)
        {
            Interlocked.Increment(ref _mixedUp);
        }
    }
}
