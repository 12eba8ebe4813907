using System.CommandLine;
using Fovea.Checkpoints;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea train DATA</c>: trains a model on images and keeps everything in a run folder.</summary>
internal sealed class TrainVerb : Verb
{
    private readonly Argument<string?> _data;
    private readonly Option<string> _model;
    private readonly Option<string> _from;
    private readonly Option<string> _out;
    private readonly Option<bool> _resume;
    private readonly Option<bool> _overwrite;
    private readonly Option<string> _size;
    private readonly Option<bool> _noFlip;
    private readonly Option<string> _validation;
    private readonly Option<int?> _threads;
    private readonly IReadOnlyList<TrainingOptionTable.Entry> _training = TrainingOptionTable.Entries();

    /// <summary>Declares the verb.</summary>
    public TrainVerb()
        : base(
            "train",
            "Train a model on a folder of class folders, a .tar, .tar.gz or .zip of them, or IDX files.",
            "fovea train images/ --model cmt_nano --epochs 20 --out runs/first",
            "fovea train photos.tar.gz --model cmt_ti --size 160 --batch 32",
            "fovea train flowers/ --from cmt_small.pth --learning-rate 2e-4 --out runs/flowers",
            "fovea train --resume --out runs/first")
    {
        _data = AddArgument<string?>("DATA", "The data set; with --resume only where it has moved.");
        _data.Arity = ArgumentArity.ZeroOrOne;
        _model = AddOption("--model", "The model; 'fovea models' lists them.", new TrainingOptions().Model);
        _from = AddOption<string>(
            "--from",
            "A checkpoint to begin with, of Fovea, PyTorch or safetensors; it also tells the model and the normalisation. [default: "
                + "fresh weights]");
        _out = AddOption("--out", "The run folder.", "runs/latest");
        _resume = AddOption<bool>("--resume", "Go on with an interrupted run in --out, with its own options; more --epochs extend it.");
        _overwrite = AddOption<bool>("--overwrite", "Replace an earlier run in --out.");
        _size = AddOption<string>(
            "--size", "Side of the images in pixels, or rows and columns as 192x256. [default: the model's native size]");
        foreach (TrainingOptionTable.Entry entry in _training)
        {
            Add(entry.Option);
        }

        _noFlip = AddOption<bool>("--no-flip", "Do not mirror training images at random.");
        _validation = AddOption<string>(
            "--validation", "A data set that chooses the best epoch. [default: the set's own validation part, else --validation-fraction]");
        _threads = AddThreads();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        bool resume = context.Value(_resume);
        string path = context.Value(_out)!;
        RunFolder? existing = resume ? RunFolder.Open(path) : null;
        RunConfiguration configuration = existing is null ? Configure(context) : Continue(context, existing);
        int? threads = Threads(context, _threads);
        using DatasetParts data = configuration.OpenData();
        configuration = FitBatch(context, configuration, data.Training, resume);
        OptionChecks.Validate(configuration.Options, data.Training, data.Validation);
        Introduce(context, configuration, data);
        long bytes = TrainingChecks.Prepare(context, configuration.Options, data.Training.Classes.Count, threads);
        RunFolder folder = resume ? RunFolder.Open(path, bytes) : RunFolder.Create(path, context.Value(_overwrite), bytes);
        folder.WriteConfig(resume ? folder.ReadConfig() with { Options = configuration.Options } : configuration);

        UnreadableNotes unreadable = new();
        TrainingRun run = new(configuration.Options with { Unreadable = unreadable }, data.Training, folder)
        {
            Validation = data.Validation,
            Test = data.Test,
            Resume = resume && File.Exists(folder.LastCheckpointPath),
            Title = $"{configuration.Options.Model} on {Path.GetFileName(Path.TrimEndingDirectorySeparator(configuration.Data))}",
        };
        using WorkerPool pool = new(threads);
        using EpochBars bars = new(context, configuration.Options.Epochs);
        try
        {
            TrainingOutcome outcome = run.Run(pool, bars, bars, cancellation);
            Show(context, folder, outcome, data);
            return Task.FromResult(ExitCodes.Success);
        }
        catch (OperationCanceledException)
        {
            context.Error.WriteLine($"All steps are kept. Go on with: fovea train --resume --out {path}");
            throw;
        }
        finally
        {
            unreadable.Show(context);
        }
    }

    /// <summary>Says what is trained on what, and what was passed over or looks like a mistake.</summary>
    private static void Introduce(VerbContext context, RunConfiguration configuration, DatasetParts data)
    {
        string test = data.Test is null ? "" : $", {Numbers.Whole(data.Test.Count)} to test the best epoch";
        context.Output.WriteLine(
            $"{configuration.Options.Model} on {configuration.Data}: {Numbers.Whole(data.Training.Count)} images of "
            + $"{data.Training.Classes.Count} classes, {Numbers.Whole(data.Validation?.Count ?? 0)} for validation{test}");
        DatasetNotes.Show(context, data.Notes);
    }

    /// <summary>Takes a smaller batch than the default where there are too few images for one.</summary>
    private RunConfiguration FitBatch(VerbContext context, RunConfiguration configuration, IImageDataset training, bool resume)
    {
        TrainingOptions options = configuration.Options;
        if (resume || context.IsGiven(_training.For(nameof(TrainingOptions.BatchSize))) || training.Count >= options.BatchSize
            || training.Count == 0)
        {
            return configuration;
        }

        context.Output.WriteLine(
            $"batches of {training.Count} images instead of {options.BatchSize}: there are no more images to train on");
        return configuration with { Options = options with { BatchSize = training.Count } };
    }

    private static void Show(VerbContext context, RunFolder folder, TrainingOutcome outcome, DatasetParts data)
    {
        string part = data.Test is not null ? "test" : data.Validation is not null ? "validation" : "training";
        context.Output.WriteLine(
            $"top-1 {Numbers.Percent(outcome.Evaluation.Top1, 2)} on the {part} images after "
            + $"{Numbers.Duration(TimeSpan.FromSeconds(outcome.Seconds))} of training");
        context.Output.WriteLine($"best checkpoint  {folder.BestCheckpointPath}");
        context.Output.WriteLine($"report           {folder.ReportPath}");
        context.Result["top1"] = outcome.Evaluation.Top1;
        context.Result["top5"] = outcome.Evaluation.Top5;
        context.Result["loss"] = outcome.Evaluation.Loss;
        context.Result["evaluatedOn"] = part;
        context.Result["images"] = outcome.Evaluation.Confusion.Total;
        context.Result["seconds"] = outcome.Seconds;
        context.Result["model"] = outcome.Info.Name;
        context.Result["checkpoint"] = folder.BestCheckpointPath;
        context.Result["report"] = folder.ReportPath;
    }

    /// <summary>Reads the configuration of an earlier run, whose images may have moved since.</summary>
    private RunConfiguration Continue(VerbContext context, RunFolder folder)
    {
        RunConfiguration earlier = folder.ReadConfig();
        TrainingOptions options = earlier.Options;
        if (context.Value(_overwrite))
        {
            throw new UsageException("--overwrite begins anew and --resume goes on: give one of them.");
        }

        ResumedOptions.Require("--model", options.Model, context.IsGiven(_model) ? context.Value(_model) : null);
        ResumedOptions.Require(
            "--from", options.From ?? "fresh weights", context.Value(_from) is string from ? Path.GetFullPath(from) : null);
        ResumedOptions.Require(
            "--size",
            ResumedOptions.SizeOf(options.Preprocessing),
            context.Value(_size) is string size && ModelChoice.ParseSize(size) is var (height, width) ? $"{height}x{width}" : null);
        if (context.Value(_noFlip) && options.Augmentation?.FlipProbability > 0)
        {
            ResumedOptions.Require("--no-flip", "mirrored images", "none");
        }

        return earlier with
        {
            Data = context.ValueOrNull(_data) ?? earlier.Data,
            Validation = context.Value(_validation) ?? earlier.Validation,
            Options = new ResumedOptions(context, options).Checked(_training),
        };
    }

    private RunConfiguration Configure(VerbContext context)
    {
        string data = context.ValueOrNull(_data) ?? throw new UsageException("Say which DATA to train on, or --resume an earlier run.");
        (int Height, int Width)? size = context.Value(_size) is string text ? ModelChoice.ParseSize(text) : null;
        using DatasetParts parts = Datasets.OpenParts(data);
        IImageDataset images = parts.Training;
        string? from = context.Value(_from);
        using CheckpointImport? beginning = from is null ? null : Begin(context, from, images.Classes, size);
        string model = beginning?.Info.Name ?? context.Value(_model)!;
        Network network = beginning?.Network ?? ModelChoice.Create(
            model, new ModelOptions(images.Classes.Count, size?.Height, size?.Width));
        PreprocessingChoice choice = PreprocessingAdvisor.Choose(
            images, network.Height, network.Width, flip: !context.Value(_noFlip), beginning?.Info.Preprocessing);
        context.Output.WriteLine($"images of {choice.Reason}");
        TrainingOptions options = new()
        {
            Model = model,
            From = from is null ? null : Path.GetFullPath(from),
            Preprocessing = choice.Preprocessing,
            Augmentation = choice.Augmentation,
        };
        options = _training.Aggregate(options, (one, entry) => entry.Apply(context, one));
        options = options with { MinLearningRate = Math.Min(options.MinLearningRate, options.LearningRate) };
        TrainingOptionTable.Validate(options);
        return new RunConfiguration(data, context.Value(_validation), options);
    }

    /// <summary>Looks at the checkpoint to begin with before the run's folder is touched.</summary>
    private CheckpointImport Begin(
        VerbContext context, string path, IReadOnlyList<string> classes, (int Height, int Width)? size)
    {
        string? model = context.IsGiven(_model) ? context.Value(_model) : null;
        if (model is not null)
        {
            ModelChoice.CheckName(model);
        }

        CheckpointImport import = ModelChoice.Fit(
            "--size", () => CheckpointImport.Open(path, new ImportOptions(model, Classes: classes.Count, Size: size)));
        if (import.Match.Reinitialized.Count > 0)
        {
            context.Output.WriteLine($"{path} has another classifier than one of {classes.Count} classes: it begins fresh");
        }
        else if (import.HasOtherClasses(classes))
        {
            context.Output.WriteLine($"{path} has a classifier of {classes.Count} other classes, or of another order: it begins fresh");
        }

        return import;
    }
}
