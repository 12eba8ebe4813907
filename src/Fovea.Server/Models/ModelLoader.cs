using Fovea.Checkpoints;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Server;

/// <summary>Makes served models of checkpoints.</summary>
internal sealed class ModelLoader : IDisposable
{
    private readonly FoveaServerOptions _options;
    private readonly ServerMetrics _metrics;
    private readonly WorkerPool _threads;

    /// <summary>Starts the threads of all networks.</summary>
    /// <param name="options">Threads, batches, queue.</param>
    /// <param name="metrics">Told of the batches.</param>
    public ModelLoader(FoveaServerOptions options, ServerMetrics metrics)
    {
        (_options, _metrics) = (options, metrics);
        _threads = options.Threads is int threads ? new WorkerPool(threads) : WorkerPool.Shared;
    }

    /// <summary>Loads a checkpoint and runs each of its tasks once: what a first run costs, no request shall wait for.</summary>
    /// <param name="name">Name in the address.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="FoveaException">The file is missing, broken, or does nothing that is served.</exception>
    public ServedModel Load(string name, string path)
    {
        Model model = Checkpoint.Load(path);
        List<TaskRunner> runners = [];
        try
        {
            Admission admission = new(_options.Queue + (_options.Lanes * _options.MaxBatch));
            RunnerContext context = new(name, model, admission, _options, _threads, _metrics);
            foreach (ServedTask task in ServedTask.All.Where(task => task.Fits(model)))
            {
                runners.Add(task.Open(context));
            }

            if (runners.Count == 0)
            {
                throw new InvalidFileException(
                    path,
                    $"it holds {model.Info.Name}, which answers no question that is served",
                    "Serve a classifier, a detector or a segmentation network.");
            }

            runners.ForEach(runner => runner.Warm());
            return new ServedModel(name, model, admission, runners);
        }
        catch
        {
            runners.ForEach(runner => runner.Dispose());
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _threads.Dispose();
}
