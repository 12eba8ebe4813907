using Microsoft.Extensions.Hosting;

namespace Fovea.Server;

/// <summary>State of the server in a word: starting until its models are loaded, ready, then draining once it was asked to stop.</summary>
internal sealed class ServerHealth
{
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TaskCompletionSource<bool> _starting = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins to start.</summary>
    /// <param name="lifetime">Tells when the server was asked to stop.</param>
    public ServerHealth(IHostApplicationLifetime lifetime)
    {
        _lifetime = lifetime;
        lifetime.ApplicationStopping.Register(() => _starting.TrySetResult(false));
    }

    /// <summary>Ends with the start: true once the models are loaded, false if the server stops before.</summary>
    public Task<bool> Starting => _starting.Task;

    /// <summary>True if requests are answered.</summary>
    public bool IsReady => IsLoaded && !IsDraining;

    /// <summary>True once the server was asked to stop.</summary>
    public bool IsDraining => _lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>The state in a word.</summary>
    public string State => IsDraining ? "draining" : IsLoaded ? "ready" : "starting";

    /// <summary>Error that kept the server from starting; null where there was none.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Tells that the models are loaded.</summary>
    public void Loaded() => _starting.TrySetResult(true);

    /// <summary>Tells why the server cannot start.</summary>
    /// <param name="error">The error.</param>
    public void Fail(Exception error)
    {
        Failure = error;

        // A host that is stopped while it starts takes that for an error of its own.
        _lifetime.ApplicationStarted.Register(_lifetime.StopApplication);
    }

    private bool IsLoaded => _starting.Task is { IsCompletedSuccessfully: true, Result: true };
}
