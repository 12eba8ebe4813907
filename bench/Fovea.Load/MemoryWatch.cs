namespace Fovea.Load;

/// <summary>Resident memory of a server over time, looked at four times a second.</summary>
internal sealed class MemoryWatch : IAsyncDisposable
{
    private const int LooksInWindow = 20;
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(0.25);
    private readonly CancellationTokenSource _ending = new();
    private readonly List<double> _bytes = [];
    private readonly Task _watching;

    /// <summary>Begins to watch.</summary>
    /// <param name="server">The server.</param>
    public MemoryWatch(ServerUnderTest server) => _watching = WatchAsync(server);

    /// <summary>Mean bytes of each five seconds.</summary>
    public IReadOnlyList<double> Windows =>
        [.. _bytes.Chunk(LooksInWindow).Where(window => window.Length == LooksInWindow).Select(window => window.Average())];

    /// <summary>Difference of the highest and the lowest window, as a part of the lowest; the first ones are left out.</summary>
    /// <param name="skip">Windows that are left out.</param>
    public double Spread(int skip)
    {
        double[] windows = [.. Windows.Skip(skip)];
        return windows.Length == 0 ? double.NaN : (windows.Max() / windows.Min()) - 1;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task WatchAsync(ServerUnderTest server)
    {
        using PeriodicTimer timer = new(_interval);
        while (!_ending.IsCancellationRequested)
        {
            _bytes.Add(server.ResidentBytes);
            await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
