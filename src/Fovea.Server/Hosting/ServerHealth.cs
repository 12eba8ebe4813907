using Microsoft.Extensions.Hosting;

namespace Fovea.Server;

/// <summary>State of the server in a word: starting until its models are loaded, ready, then draining once it was asked to stop.</summary>
/// <param name="lifetime">Tells when the server was asked to stop.</param>
internal sealed class ServerHealth(IHostApplicationLifetime lifetime)
{
    private volatile bool _loaded;

    /// <summary>True if requests are answered.</summary>
    public bool IsReady => _loaded && !IsDraining;

    /// <summary>True once the server was asked to stop.</summary>
    public bool IsDraining => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>The state in a word.</summary>
    public string State => IsDraining ? "draining" : _loaded ? "ready" : "starting";

    /// <summary>Error that kept the server from starting; null where there was none.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Tells that the models are loaded.</summary>
    public void Loaded() => _loaded = true;

    /// <summary>Tells why the server cannot start.</summary>
    /// <param name="error">The error.</param>
    public void Fail(Exception error) => Failure = error;
}
