using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Fovea.Load;

/// <summary>
/// Sends mutated requests and collects what a server must not do: answer 500, take longer than a second, end the connection.
/// </summary>
/// <param name="server">Address of the server.</param>
/// <param name="requests">The mutations.</param>
internal sealed class MutationRun(Uri server, RequestMutations requests) : IDisposable
{
    private const int Clients = 4;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly ConcurrentDictionary<HttpStatusCode, int> _statuses = [];
    private readonly ConcurrentQueue<string> _faults = [];

    /// <summary>Longest time that an answer may take.</summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Faults of the server: each request with the answer that it should not have had.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Number of answers by status code.</summary>
    public IReadOnlyDictionary<HttpStatusCode, int> Statuses => _statuses;

    /// <summary>Longest time of an answer.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>Sends requests, four at a time.</summary>
    /// <param name="first">Number of the first.</param>
    /// <param name="count">Number of requests.</param>
    public async Task RunAsync(int first, int count)
    {
        int next = first;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            for (int number; (number = Interlocked.Increment(ref next) - 1) < first + count;)
            {
                await SendAsync(requests.Make(number)).ConfigureAwait(false);
            }
        }))).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task SendAsync(MutatedRequest request)
    {
        try
        {
            // Another program on the machine may make one answer late, but not three.
            for (int tries = 1; ; tries++)
            {
                long start = Stopwatch.GetTimestamp();
                using HttpRequestMessage message = request.ToMessage(server);
                using HttpResponseMessage response = await _http.SendAsync(message).ConfigureAwait(false);
                string answer = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
                TimeSpan time = Stopwatch.GetElapsedTime(start);
                if (time > MaxTime && tries < 3)
                {
                    continue;
                }

                _statuses.AddOrUpdate(response.StatusCode, 1, (_, number) => number + 1);
                Longest = time > Longest ? time : Longest;
                bool isFault = (int)response.StatusCode >= 500 && response.StatusCode != HttpStatusCode.ServiceUnavailable;
                if (isFault || time > MaxTime)
                {
                    _faults.Enqueue($"{(int)response.StatusCode} after {time.TotalSeconds:F2} s: {request} → {answer}");
                }

                return;
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            _faults.Enqueue($"{error.Message}: {request}");
        }
    }
}
