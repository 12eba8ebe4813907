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
        TrainingOptions options = configuration.Options;
        OptionChecks.RequireBatch(options, data.Training.Count);
        Introduce(configuration, data.Training, data.Validation, data.Test, data.Notes);
        RunFolder folder = open(TrainingChecks.DiskBytes(options, data.Training.Classes.Count));
        UnreadableNotes unreadable = new();
        DetectionRun run = new(options with { Unreadable = unreadable }, data.Training, folder)
        {
            Validation = data.Validation,
            Test = data.Test,
            Resume = resume && File.Exists(folder.LastCheckpointPath),
            Configuration = resume ? folder.ReadConfig() with { Options = options } : configuration,
            Title = TitleOf(configuration),
        };
        return Follow(options, unreadable, folder, (pool, bars) => run.Run(pool, bars, bars, cancellation));
    }

    private RunResult TrainSegmenter(RunConfiguration configuration, Func<long, RunFolder> open, bool resume)
    {
        using SegmentationParts data = configuration.OpenLabelled();
        TrainingOptions options = configuration.Options;
        OptionChecks.RequireBatch(options, data.Training.Count);
        OptionChecks.RequireWeights(options, data.Training.Classes.Count);
        Introduce(configuration, data.Training, data.Validation, data.Test, data.Notes);
        RunFolder folder = open(TrainingChecks.DiskBytes(options, data.Training.Classes.Count));
        UnreadableNotes unreadable = new();
        SegmentationRun run = new(options with { Unreadable = unreadable }, data.Training, folder)
        {
            Validation = data.Validation,
            Test = data.Test,
            Resume = resume && File.Exists(folder.LastCheckpointPath),
            Configuration = resume ? folder.ReadConfig() with { Options = options } : configuration,
            Title = TitleOf(configuration),
        };
        return Follow(options, unreadable, folder, (pool, bars) => run.Run(pool, bars, bars, cancellation));
    }

    private RunResult TrainClassifier(RunConfiguration configuration, Func<long, RunFolder> open, bool resume)
    {
        using DatasetParts data = configuration.OpenData();
        TrainingOptions options = configuration.Options;
        OptionChecks.Validate(options, data.Training, data.Validation);
        Introduce(configuration, data.Training, data.Validation, data.Test, data.Notes);
        RunFolder folder = open(TrainingChecks.Prepare(context, options, data.Training.Classes.Count, threads));
        UnreadableNotes unreadable = new();
        long cache = ImageCache.Choose(context, options, data.Training);
        TrainingRun run = new(options with { Unreadable = unreadable, CacheBytes = cache }, data.Training, folder)
        {
            Validation = data.Validation,
            Test = data.Test,
            Resume = resume && File.Exists(folder.LastCheckpointPath),
            Configuration = resume ? folder.ReadConfig() with { Options = options } : configuration,
            Title = TitleOf(configuration),
        };
        return Follow(options, unreadable, folder, (pool, bars) => run.Run(pool, bars, bars, cancellation));
    }

    private static string TitleOf(RunConfiguration configuration) =>
        $"{configuration.Options.Model} on {Path.GetFileName(Path.TrimEndingDirectorySeparator(configuration.Data))}";

    /// <summary>Runs to the end with bars, and shows images that could not be read.</summary>
    private RunResult Follow(TrainingOptions options, UnreadableNotes unreadable, RunFolder folder, Action<WorkerPool, EpochBars> run)
    {
        using WorkerPool pool = new(threads);
        using EpochBars bars = new(context, options.Epochs);
        try
        {
            run(pool, bars);
            return folder.ReadResult()!;
        }
        finally
        {
            unreadable.Show(context);
        }
    }

    /// <summary>Says what is trained on what, and what was passed over or looks like a mistake.</summary>
    private void Introduce(
        RunConfiguration configuration, ISampleSource training, ISampleSource? validation, ISampleSource? last, IReadOnlyList<string> notes)
    {
        string test = last is null ? "" : $", {Numbers.Whole(last.Count)} to test the best epoch";
        int classes = training switch
        {
            IInstanceDataset instances => instances.Classes.Count,
            ISegmentationDataset labelled => labelled.Classes.Count,
            _ => ((IImageDataset)training).Classes.Count,
        };
        string where = Path.GetRelativePath(Directory.GetCurrentDirectory(), configuration.Data);
        context.Output.WriteLine(
            $"{configuration.Options.Model} on {(where.StartsWith("..", StringComparison.Ordinal) ? configuration.Data : where)}: "
            + $"{Numbers.Whole(training.Count)} images of {classes} {(classes == 1 ? "class" : "classes")}, "
            + $"{Numbers.Whole(validation?.Count ?? 0)} for validation{test}");
        DatasetNotes.Show(context, notes);
    }
}
