namespace Fovea.Server;

/// <summary>Bound on images that are decoded and resized at the same time: as many as processors, off the threads of the network.</summary>
internal sealed class Decoders : IDisposable
{
    private readonly SemaphoreSlim _free = new(Environment.ProcessorCount);

    /// <summary>Prepares an image once a processor is free for it.</summary>
    /// <param name="prepare">Decodes and resizes.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task<T> RunAsync<T>(Func<T> prepare, CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Only the next request may stand behind this work, not the reading of all others.
            return await Task.Run(prepare, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();
}
