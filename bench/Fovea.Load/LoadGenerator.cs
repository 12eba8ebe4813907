using System.Diagnostics;
using Fovea.Engine;

namespace Fovea.Load;

/// <summary>Sends images to a server and holds each answer against the right one.</summary>
internal sealed class LoadGenerator : IDisposable
{
    // Between two looks of open load at the clock.
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(1);

    private readonly IReadOnlyList<Question> _questions;
    private readonly double _tolerance;
    private readonly Uri _address;
    private readonly HttpClient _http;
    private long _sent;

    /// <summary>Makes a generator.</summary>
    /// <param name="address">Address of a task of a model, on this machine.</param>
    /// <param name="questions">Images, sent in turn.</param>
    /// <param name="tolerance">Part of a probability that an answer may differ by; 0 for the same bits.</param>
    /// <exception cref="LoadException">The address is that of another machine.</exception>
    public LoadGenerator(Uri address, IReadOnlyList<Question> questions, double tolerance = 0)
    {
        (_address, _questions, _tolerance) = (address, questions, tolerance);
        _http = address.IsLoopback
            ? new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromMinutes(2) }
            : throw new LoadException($"{address.Host} is another machine: load is for servers of this one.");
    }

    /// <summary>Clients of which each sends its next image when it has its answer.</summary>
    /// <param name="clients">Number of clients.</param>
    /// <param name="report">Takes the answers.</param>
    /// <param name="ending">Ends the load; what was sent is waited for.</param>
    public Task ClosedAsync(int clients, LoadReport report, CancellationToken ending) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(
            async () =>
            {
                while (!ending.IsCancellationRequested && await AskAsync(report).ConfigureAwait(false))
                {
                }
            },
            CancellationToken.None)));

    /// <summary>Clients for a time, after a warm-up that is not counted.</summary>
    /// <param name="clients">Number of clients.</param>
    /// <param name="warmUp">Time before the count.</param>
    /// <param name="time">Time that is counted.</param>
    public Task<LoadReport> ClosedAsync(int clients, TimeSpan warmUp, TimeSpan time) =>
        MeasuredAsync(warmUp, time, (report, ending) => ClosedAsync(clients, report, ending));

    /// <summary>Requests at random moments (a Poisson process), whatever their answers do.</summary>
    /// <param name="rate">Requests a second on average.</param>
    /// <param name="warmUp">Time before the count.</param>
    /// <param name="time">Time that is counted.</param>
    public Task<LoadReport> OpenAsync(double rate, TimeSpan warmUp, TimeSpan time) => MeasuredAsync(warmUp, time, async (report, ending) =>
    {
        KeyedRandom random = new(1, 1);
        List<Task> asked = [];
        double next = 0;
        for (long start = Stopwatch.GetTimestamp(); !ending.IsCancellationRequested;)
        {
            for (double now = Stopwatch.GetElapsedTime(start).TotalSeconds; next < now; next -= Math.Log(1 - random.NextDouble()) / rate)
            {
                asked.Add(AskAsync(report));
            }

            asked.RemoveAll(task => task.IsCompletedSuccessfully);
            await Task.Delay(_tick, CancellationToken.None).ConfigureAwait(false);
        }

        await Task.WhenAll(asked).ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static async Task<LoadReport> MeasuredAsync(TimeSpan warmUp, TimeSpan time, Func<LoadReport, CancellationToken, Task> load)
    {
        using (CancellationTokenSource warm = new(warmUp))
        {
            await load(new LoadReport(), warm.Token).ConfigureAwait(false);
        }

        LoadReport report = new();
        using CancellationTokenSource ending = new(time);
        long start = Stopwatch.GetTimestamp();
        await load(report, ending.Token).ConfigureAwait(false);
        report.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return report;
    }

    /// <summary>Sends the next image.</summary>
    /// <returns>False where the server does not listen any more, or ends the connection.</returns>
    private async Task<bool> AskAsync(LoadReport report)
    {
        Question question = _questions[(int)((Interlocked.Increment(ref _sent) - 1) % _questions.Count)];
        long start = Stopwatch.GetTimestamp();
        try
        {
            using ByteArrayContent body = new(question.Image);
            using HttpResponseMessage response = await _http.PostAsync(_address, body).ConfigureAwait(false);
            byte[] answer = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            report.Add((int)response.StatusCode, response.IsSuccessStatusCode ? question.AnsweredBy(answer, _tolerance) : 0, time);
            return true;
        }
        catch (HttpRequestException)
        {
            report.AddUnanswered();
            return false;
        }
    }
}
