using Fovea.Checkpoints;
using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Models;
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
    private readonly Option<int> _epochs;
    private readonly Option<int> _batch;
    private readonly Option<string> _size;
    private readonly Option<OptimizerKind> _optimizer;
    private readonly Option<double?> _learningRate;
    private readonly Option<double> _warmUp;
    private readonly Option<double> _weightDecay;
    private readonly Option<float> _labelSmoothing;
    private readonly Option<float?> _dropPath;
    private readonly Option<double> _clip;
    private readonly Option<double> _ema;
    private readonly Option<bool> _noFlip;
    private readonly Option<string> _validation;
    private readonly Option<double> _validationFraction;
    private readonly Option<ulong> _seed;
    private readonly Option<int?> _threads;

    /// <summary>Declares the verb.</summary>
    public TrainVerb()
        : base(
            "train",
            "Train a model on a folder of class folders, a .tar or .tar.gz of them, or IDX files.",
            "fovea train images/ --model cmt_nano --epochs 20 --out runs/first",
            "fovea train photos.tar.gz --model cmt_ti --size 160 --batch 32",
            "fovea train flowers/ --from cmt_small.pth --learning-rate 2e-4 --out runs/flowers",
            "fovea train --resume --out runs/first")
    {
        TrainingOptions defaults = new();
        _data = new Argument<string?>("DATA") { Description = "The data set; with --resume only where it has moved.", Arity = ArgumentArity.ZeroOrOne };
        Command.Add(_data);
        _model = AddOption("--model", "The model; 'fovea models' lists them.", defaults.Model);
        _from = AddOption<string>("--from", "A checkpoint to begin with, of Fovea, PyTorch or safetensors; it also tells the model and the normalisation. [default: fresh weights]");
        _out = AddOption("--out", "The run folder.", "runs/latest");
        _resume = AddOption<bool>("--resume", "Go on with an interrupted run in --out, with its own options.");
        _overwrite = AddOption<bool>("--overwrite", "Replace an earlier run in --out.");
        _epochs = AddOption("--epochs", "Times that all images are shown.", defaults.Epochs);
        _batch = AddOption("--batch", "Images in a step.", defaults.BatchSize);
        _size = AddOption<string>("--size", "Side of the images in pixels, or rows and columns as 192x256. [default: the model's native size]");
        _optimizer = AddOption("--optimizer", "How weights are changed.", defaults.Optimizer);
        _learningRate = AddOption<double?>("--learning-rate", "The learning rate after the warm-up. [default: 0.002 for AdamW, 0.05 for Sgd]");
        _warmUp = AddOption("--warm-up", "Epochs over which the learning rate rises.", defaults.WarmUpEpochs);
        _weightDecay = AddOption("--weight-decay", "Decay of weights; norms, biases and tables are left out.", defaults.WeightDecay);
        _labelSmoothing = AddOption("--label-smoothing", "Label smoothing, from 0 to below 1.", defaults.LabelSmoothing);
        _dropPath = AddOption<float?>("--drop-path", "Probability of dropping the last block's branches. [default: the model's own]");
        _clip = AddOption("--clip", "The largest norm of all gradients together; 0 for no limit.", defaults.ClipNorm);
        _ema = AddOption("--average", "Decay of the running average of weights that is evaluated, such as 0.999; 0 for none.", defaults.EmaDecay);
        _noFlip = AddOption<bool>("--no-flip", "Do not mirror training images at random.");
        _validation = AddOption<string>("--validation", "A data set to evaluate on. [default: the set's own test part, else --validation-fraction]");
        _validationFraction = AddOption("--validation-fraction", "Share of the training images set aside where there is no validation set.", defaults.ValidationFraction);
        _seed = AddOption("--seed", "The seed of weights, order, augmentation and dropout.", 0UL);
        _threads = AddThreads();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        bool resume = context.Value(_resume);
        string path = context.Value(_out)!;
        RunFolder? existing = resume ? RunFolder.Open(path) : null;
        RunConfiguration configuration = existing is null ? Configure(context) : Continue(context, existing);
        (IImageDataset training, IImageDataset? validation) = OpenData(configuration);
        OptionChecks.Validate(configuration.Options, training, validation);
        context.Output.WriteLine(
            $"{configuration.Options.Model} on {configuration.Data}: {Numbers.Whole(training.Count)} images of {training.Classes.Count} classes, {Numbers.Whole(validation?.Count ?? 0)} for validation");
        RunFolder folder = existing ?? RunFolder.Create(path, context.Value(_overwrite));
        if (!resume)
        {
            folder.WriteConfig(configuration.ToJson());
        }

        bool hasCheckpoint = resume && File.Exists(folder.LastCheckpointPath);
        string title = $"{configuration.Options.Model} on {Path.GetFileName(Path.TrimEndingDirectorySeparator(configuration.Data))}";
        try
        {
            TrainingOutcome outcome = TrainingRun.Run(
                context, configuration.Options, training, validation, null, folder, hasCheckpoint, context.Value(_threads), title, cancellation);
            Show(context, folder, outcome);
            return Task.FromResult(ExitCodes.Success);
        }
        catch (OperationCanceledException)
        {
            context.Error.WriteLine($"All steps are kept. Go on with: fovea train --resume --out {path}");
            throw;
        }
    }

    private static void Show(VerbContext context, RunFolder folder, TrainingOutcome outcome)
    {
        context.Output.WriteLine($"top-1 {Numbers.Percent(outcome.Evaluation.Top1, 2)} after {Numbers.Duration(TimeSpan.FromSeconds(outcome.Seconds))} of training");
        context.Output.WriteLine($"best checkpoint  {folder.BestCheckpointPath}");
        context.Output.WriteLine($"report           {folder.ReportPath}");
        context.Result["top1"] = outcome.Evaluation.Top1;
        context.Result["top5"] = outcome.Evaluation.Top5;
        context.Result["loss"] = outcome.Evaluation.Loss;
        context.Result["seconds"] = outcome.Seconds;
        context.Result["model"] = outcome.Info.Name;
        context.Result["checkpoint"] = folder.BestCheckpointPath;
        context.Result["report"] = folder.ReportPath;
    }

    private static (IImageDataset Training, IImageDataset? Validation) OpenData(RunConfiguration configuration)
    {
        IImageDataset all = Datasets.Open(configuration.Data);
        if (configuration.Validation is string path)
        {
            return (all, Datasets.Open(path));
        }

        if (Datasets.OpenTest(configuration.Data) is IImageDataset test)
        {
            return (all, test);
        }

        if (configuration.Options.ValidationFraction == 0)
        {
            return (all, null);
        }

        (SubsetDataset training, SubsetDataset validation) = SubsetDataset.Split(all, configuration.Options.ValidationFraction, configuration.Options.Seed);
        return (training, validation);
    }

    /// <summary>An earlier run's configuration; the images may have moved since.</summary>
    private RunConfiguration Continue(VerbContext context, RunFolder folder)
    {
        RunConfiguration configuration = RunConfiguration.FromJson(folder.ReadConfig(), folder.ConfigPath);
        return configuration with { Data = context.ValueOrNull(_data) ?? configuration.Data, Validation = context.Value(_validation) ?? configuration.Validation };
    }

    private RunConfiguration Configure(VerbContext context)
    {
        string data = context.ValueOrNull(_data) ?? throw new UsageException("Say which DATA to train on, or --resume an earlier run.");
        (int Height, int Width)? size = context.Value(_size) is string text ? ModelChoice.ParseSize(text) : null;
        IImageDataset images = Datasets.Open(data);
        string? from = context.Value(_from);
        using CheckpointImport? beginning = from is null ? null : Begin(context, from, images.Classes.Count, size);
        string model = beginning?.Info.Name ?? context.Value(_model)!;
        Network network = beginning?.Network ?? ModelChoice.Create(model, new ModelOptions(images.Classes.Count, size?.Height, size?.Width));
        OptimizerKind optimizer = context.Value(_optimizer);
        double learningRate = context.Value(_learningRate) ?? (optimizer == OptimizerKind.AdamW ? 2e-3 : 0.05);
        (Preprocessing preprocessing, Augmentation augmentation) = PreprocessingAdvisor.For(images, network.Height, network.Width, flip: !context.Value(_noFlip));
        if (beginning is not null)
        {
            // The weights know images normalised as they were trained, so that is kept, and not measured on the new ones.
            Preprocessing trained = beginning.Info.Preprocessing;
            preprocessing = preprocessing with { Mean = trained.Mean, StandardDeviation = trained.StandardDeviation };
        }

        TrainingOptions options = new()
        {
            Model = model,
            From = from is null ? null : Path.GetFullPath(from),
            Epochs = context.Value(_epochs),
            BatchSize = context.Value(_batch),
            Optimizer = optimizer,
            LearningRate = learningRate,
            MinLearningRate = Math.Min(new TrainingOptions().MinLearningRate, learningRate),
            WarmUpEpochs = Math.Min(context.Value(_warmUp), context.Value(_epochs)),
            WeightDecay = context.Value(_weightDecay),
            LabelSmoothing = context.Value(_labelSmoothing),
            DropPath = context.Value(_dropPath),
            ClipNorm = context.Value(_clip),
            EmaDecay = context.Value(_ema),
            ValidationFraction = context.Value(_validationFraction),
            Seed = context.Value(_seed),
            Preprocessing = preprocessing,
            Augmentation = augmentation,
        };
        OptionChecks.Validate(options);
        return new RunConfiguration(data, context.Value(_validation), options);
    }

    /// <summary>Looks at the checkpoint to begin with before the run's folder is touched.</summary>
    private CheckpointImport Begin(VerbContext context, string path, int classes, (int Height, int Width)? size)
    {
        string? model = context.IsGiven(_model) ? context.Value(_model) : null;
        if (model is not null)
        {
            ModelChoice.CheckName(model);
        }

        CheckpointImport import = ModelChoice.Fit("--size", () => CheckpointImport.Open(path, new ImportOptions(model, Classes: classes, Size: size)));
        if (import.Match.Fresh.Count > 0)
        {
            context.Output.WriteLine($"{path} has another classifier than one of {classes} classes: it begins fresh");
        }

        return import;
    }
}
