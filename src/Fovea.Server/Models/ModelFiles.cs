using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fovea.Server;

/// <summary>
/// Loads the models when the server starts, then looks at the folder of models every second: a file that is new or has changed, and did not
/// change since the last look, is loaded beside the old one and takes its place.
/// </summary>
/// <remarks>Looking is enough for any file system; notifications are not sent by all of them.</remarks>
internal sealed class ModelFiles(
    FoveaServerOptions options,
    ModelLoader loader,
    ModelSet models,
    ServerHealth health,
    TimeProvider time,
    ILogger<ModelFiles> log) : BackgroundService
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(1);
    private static readonly string[] _extensions = [".safetensors", ".pth", ".pt"];

    // State of each file at the last look, and when it was loaded or found unusable.
    private readonly Dictionary<string, FileState> _seen = [];
    private readonly Dictionary<string, FileState> _done = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The server shall listen, and say that it is starting, while models are loaded.
        await Task.Yield();
        try
        {
            foreach (string checkpoint in options.Checkpoints)
            {
                stoppingToken.ThrowIfCancellationRequested();
                (string name, string path) = ModelNames.Of(checkpoint);
                Put(name, path);
            }

            Look(first: true);
        }
        catch (Exception error) when (error is FoveaException or IOException or UnauthorizedAccessException)
        {
            health.Fail(error);
            return;
        }

        health.Loaded();
        log.Ready(string.Join(", ", models.Names));
        if (options.Models is null)
        {
            return;
        }

        using PeriodicTimer timer = new(_interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                Look(first: false);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A folder that cannot be read now, perhaps because it is being replaced, may be read a second later.
                log.Unusable(options.Models, error.Message);
            }
        }
    }

    /// <summary>Loads what is new or changed, and takes out what is gone.</summary>
    /// <param name="first">True to take files as they are: nobody has seen them before.</param>
    internal void Look(bool first)
    {
        if (options.Models is not string folder)
        {
            return;
        }

        Dictionary<string, FileState> now = StatesIn(folder);
        foreach ((string path, FileState state) in now)
        {
            bool settled = first || (_seen.TryGetValue(path, out FileState before) && before == state);
            if (settled && (!_done.TryGetValue(path, out FileState done) || done != state))
            {
                _done[path] = state;
                TryPut(ModelNames.In(folder, path), path);
            }
        }

        foreach (string path in _done.Keys.Except(now.Keys).ToArray())
        {
            _done.Remove(path);
            string name = ModelNames.In(folder, path);
            models.Remove(name);
            log.Removed(name);
        }

        _seen.Clear();
        foreach ((string path, FileState state) in now)
        {
            _seen[path] = state;
        }
    }

    private void TryPut(string name, string path)
    {
        try
        {
            Put(name, path);
        }
        catch (Exception error)
        {
            // Whatever is wrong with it, the model that was there goes on.
            log.Unusable(name, error.Message);
        }
    }

    private void Put(string name, string path)
    {
        long start = time.GetTimestamp();
        ServedModel model = loader.Load(name, path);
        models.Put(model);
        string tasks = string.Join(", ", model.Runners.Select(runner => runner.Verb));
        log.Loaded(name, model.Info.Name, tasks, time.GetElapsedTime(start).TotalMilliseconds);
    }

    private static Dictionary<string, FileState> StatesIn(string folder)
    {
        Dictionary<string, FileState> states = [];
        if (!Directory.Exists(folder))
        {
            return states;
        }

        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            if (_extensions.Contains(Path.GetExtension(path)) && new FileInfo(path) is { Exists: true } file)
            {
                states[path] = new FileState(file.Length, file.LastWriteTimeUtc);
            }
        }

        return states;
    }

    private readonly record struct FileState(long Length, DateTime Changed);
}
