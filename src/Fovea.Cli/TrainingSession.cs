using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Training of runs from their configurations to their results, with checks before, bars and notes on the way.</summary>
/// <param name="context">Told of all.</param>
/// <param name="threads">Threads to train on; all processors where null.</param>
/// <param name="cancellation">Stops between two steps.</param>
internal sealed class TrainingSession(VerbContext context, int? threads, CancellationToken cancellation)
{
    /// <summary>Begins a run and trains it to the end.</summary>
    /// <param name="configuration">Data and options.</param>
    /// <param name="path">The run's folder.</param>
    /// <param name="overwrite">True if an earlier run there is replaced.</param>
    /// <exception cref="FoveaException">Something in the data, the folder or the options does not fit, or training diverged.</exception>
    /// <exception cref="OperationCanceledException">Training was stopped; it can be resumed.</exception>
    public RunResult Begin(RunConfiguration configuration, string path, bool overwrite) =>
        Train(configuration, bytes => RunFolder.Create(path, overwrite, bytes), resume: false);

    /// <summary>Goes on with a run.</summary>
    /// <param name="configuration">Data, which may have moved, and options.</param>
    /// <param name="path">The run's folder.</param>
    /// <inheritdoc cref="Begin"/>
    public RunResult Resume(RunConfiguration configuration, string path) =>
        Train(configuration, bytes => RunFolder.Open(path, bytes), resume: true);

    private RunResult Train(RunConfiguration configuration, Func<long, RunFolder> open, bool resume) =>
        configuration.Task switch
        {
            VisionTask.Detection => TrainDetector(configuration, open, resume),
            VisionTask.Segmentation => TrainSegmenter(configuration, open, resume),
            _ => TrainClassifier(configuration, open, resume),
        };

    private RunResult TrainDetector(RunConfiguration configuration, Func<long, RunFolder> open, bool resume)
    {
        using InstanceParts data = configuration.OpenInstances();
        return Train(
            configuration,
            data,
            () => open(TrainingChecks.DiskBytes(configuration.Options, data.Classes.Count)),
            (options, folder) => new DetectionRun(options, data.Training, folder),
            resume);
    }

    private RunResult TrainSegmenter(RunConfiguration configuration, Func<long, RunFolder> open, bool resume)
    {
        using SegmentationParts data = configuration.OpenLabelled();
        return Train(
            configuration,
            data,
            () => open(TrainingChecks.DiskBytes(configuration.Options, data.Classes.Count)),
            (options, folder) => new SegmentationRun(options, data.Training, folder),
            resume);
    }

    private RunResult TrainClassifier(RunConfiguration configuration, Func<long, RunFolder> open, bool resume)
    {
        using DatasetParts data = configuration.OpenData();
        OptionChecks.RequireValidation(data);
        return Train(
            configuration,
            data,
            () => open(TrainingChecks.Prepare(context, configuration.Options, data.Classes.Count, threads)),
            (options, folder) => new TrainingRun(
                options with { CacheBytes = ImageCache.Choose(context, options, data.Training) }, data.Training, folder),
            resume);
    }

    private RunResult Train<TData, TEvaluation>(
        RunConfiguration configuration,
        DataParts<TData> data,
        Func<RunFolder> open,
        Func<TrainingOptions, RunFolder, TaskRun<TData, TEvaluation>> make,
        bool resume)
        where TData : class, IDataset
        where TEvaluation : EvaluationResult
    {
        TrainingOptions options = configuration.Options;
        OptionChecks.RequireBatch(options, data.Training.Count);
        OptionChecks.RequireWeights(options, data.Classes.Count);
        Introduce(configuration, data);
        RunFolder folder = open();
        UnreadableNotes unreadable = new();
        TaskRun<TData, TEvaluation> run = make(options with { Unreadable = unreadable }, folder) with
        {
            Validation = data.Validation,
            Test = data.Test,
            Resume = resume && File.Exists(folder.LastCheckpointPath),
            Configuration = resume ? folder.ReadConfig() with { Options = options } : configuration,
            Title = TitleOf(configuration),
        };
        using WorkerPool pool = new(threads);
        using EpochBars bars = new(context, options.Epochs);
        try
        {
            run.Run(pool, bars, bars, cancellation);
            return folder.ReadResult()!;
        }
        finally
        {
            unreadable.Show(context);
        }
    }

    private static string TitleOf(RunConfiguration configuration) =>
        $"{configuration.Options.Model} on {Path.GetFileName(Path.TrimEndingDirectorySeparator(configuration.Data))}";

    /// <summary>Says what is trained on what, and what was passed over or looks like a mistake.</summary>
    private void Introduce<TData>(RunConfiguration configuration, DataParts<TData> data)
        where TData : class, IDataset
    {
        string test = data.Test is null ? "" : $", {Numbers.Whole(data.Test.Count)} to test the best epoch";
        int classes = data.Classes.Count;
        string where = Path.GetRelativePath(Directory.GetCurrentDirectory(), configuration.Data);
        context.Output.WriteLine(
            $"{configuration.Options.Model} on {(where.StartsWith("..", StringComparison.Ordinal) ? configuration.Data : where)}: "
            + $"{Numbers.Whole(data.Training.Count)} images of {classes} {(classes == 1 ? "class" : "classes")}, "
            + $"{Numbers.Whole(data.Validation?.Count ?? 0)} for validation{test}");
        DatasetNotes.Show(context, data.Notes);
    }
}
