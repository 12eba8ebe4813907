using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Configuration of a new run: a recipe, what the command line changes of it, and what only the images can tell.</summary>
/// <param name="context">Told of what was chosen.</param>
/// <param name="recipe">The recipe.</param>
/// <param name="changes">What stands on the command line.</param>
internal sealed class NewRun(VerbContext context, Recipe recipe, RunChanges changes)
{
    private const int DenseBatch = 4;

    /// <summary>Completes the recipe.</summary>
    /// <exception cref="UsageException">No data are named, or an option of the command line does not fit.</exception>
    /// <exception cref="FoveaException">The recipe, the images or the checkpoint to begin with cannot be used.</exception>
    public RunConfiguration Configure()
    {
        string data = Full(changes.Data) ?? recipe.Data
            ?? throw new UsageException("Say which DATA to train on, name them in a --recipe, or --resume an earlier run.");
        TrainingOptions options = changes.Apply(recipe.ToOptions());
        options = options with
        {
            MinLearningRate = Math.Min(options.MinLearningRate, options.LearningRate),
            From = Given(changes.From) ?? options.From,
            BackboneFrom = Given(changes.BackboneFrom) ?? options.BackboneFrom,
        };
        TrainingOptionTable.Validate(options);
        RunConfiguration configuration = new(data, Full(changes.Validation) ?? recipe.Validation, options)
        {
            Test = Full(changes.Test) ?? recipe.Test,
            TestChooses = recipe.TestChooses,
        };
        string? model = changes.Model ?? (recipe.Has("model") ? options.Model : null);
        if (model is not null && ModelRegistry.IsDense(model))
        {
            return ConfigureDense(configuration with { Options = options with { Model = model } });
        }

        if (options is { From: not null, BackboneFrom: not null })
        {
            throw new UsageException("--from gives the whole classifier, --backbone-from all but its head: take one of the two.");
        }

        if (changes.LongerSide is not null)
        {
            throw new UsageException(
                "--longer-side belongs to dense models, whose --model is HEAD:BACKBONE; for a classifier take --size.");
        }

        using DatasetParts parts = configuration.OpenData();
        return configuration with { Options = FitBatch(Complete(options, parts.Training), parts.Training.Count) };
    }

    /// <summary>
    /// Completes the recipe of a dense model: images of the published networks' size, a small batch, where nothing is said.
    /// </summary>
    private RunConfiguration ConfigureDense(RunConfiguration configuration)
    {
        TrainingOptions options = configuration.Options;
        if (options.ExplainEvery > 0)
        {
            throw new UsageException($"--explain-every explains classifiers, and {options.Model} is none: leave it out, or give 0.");
        }

        bool isSegmentation = configuration.Task == VisionTask.Segmentation;
        (int images, int classes) = isSegmentation ? Labelled(configuration) : Objects(configuration);
        ModelOptions made = new(
            classes, changes.Size?.Height, changes.Size?.Width, Detector: options.Detector, Segmenter: options.Segmenter);
        Network network = ModelChoice.Create(options.Model, made);
        Preprocessing published = PublishedPreprocessing.Of(options.Model, network.Height, network.Width, network.Sizes);
        Preprocessing preprocessing = recipe.Has("preprocessing") && changes.Size is null ? options.Preprocessing

            // Windows of the network's size are learnt from, and whole images told.
            : isSegmentation ? published with { Height = network.Height, Width = network.Width }
            : published;
        int batch = changes.BatchGiven || recipe.Has("batchSize") ? options.BatchSize : Math.Min(DenseBatch, images);
        options = options with
        {
            BatchSize = batch,
            Preprocessing = changes.LongerSide is int side ? WithLongerSide(preprocessing, side, isSegmentation) : preprocessing,
            Augmentation = null,
        };
        return configuration with { Options = isSegmentation ? WithPixelChanges(options) : WithObjectChanges(options) };
    }

    private static Preprocessing WithLongerSide(Preprocessing images, int side, bool isSegmentation)
    {
        if (side < images.ResizeTo)
        {
            throw new UsageException($"--longer-side {side} is below the shorter side of {images.ResizeTo} pixels, which --size gives.");
        }

        if (images.PadTo == images.LongerSide)
        {
            throw new UsageException("--longer-side does not go with this model, which sees each image in a square: give --size alone.");
        }

        return isSegmentation ? images with { LongerSide = side } : images.WithLongerSide(side);
    }

    private static (int Images, int Classes) Objects(RunConfiguration configuration)
    {
        using InstanceParts parts = configuration.OpenInstances();
        return (parts.Training.Count, parts.Training.Classes.Count);
    }

    private static (int Images, int Classes) Labelled(RunConfiguration configuration)
    {
        using SegmentationParts parts = configuration.OpenLabelled();
        return (parts.Training.Count, parts.Training.Classes.Count);
    }

    private TrainingOptions WithObjectChanges(TrainingOptions options)
    {
        ObjectAugmentation augmentation = options.ObjectAugmentation ?? new ObjectAugmentation();
        return options with { ObjectAugmentation = changes.NoFlip ? augmentation with { FlipProbability = 0 } : augmentation };
    }

    private TrainingOptions WithPixelChanges(TrainingOptions options)
    {
        SegmentationAugmentation augmentation = options.SegmentationAugmentation ?? new SegmentationAugmentation
        {
            PhotometricDistortion = new PhotometricDistortion { ExchangesChannels = false },
        };
        return options with { SegmentationAugmentation = changes.NoFlip ? augmentation with { FlipProbability = 0 } : augmentation };
    }

    /// <summary>Chooses model and preprocessing, as far as neither recipe nor command line say them.</summary>
    private TrainingOptions Complete(TrainingOptions options, IImageDataset images)
    {
        bool preprocessed = recipe.Has("preprocessing");
        Preprocessing own = options.Preprocessing;
        (int Height, int Width)? size = changes.Size ?? (preprocessed ? (own.Height, own.Width) : null);
        string? model = changes.Model ?? (recipe.Has("model") ? options.Model : null);
        using CheckpointImport? beginning = options.From is string from ? Begin(from, model, images.Classes, size) : null;
        using CheckpointImport? backbone = options.BackboneFrom is string classifier
            ? CheckpointImport.Open(classifier, new ImportOptions(Size: size))
            : null;
        model = beginning?.Info.Name ?? model ?? options.Model;
        Network network = beginning?.Network ?? ModelChoice.Create(
            model, new ModelOptions(images.Classes.Count, size?.Height, size?.Width));
        options = options with { Model = model };
        if (!preprocessed || !recipe.Has("augmentation"))
        {
            PreprocessingChoice choice = PreprocessingAdvisor.Choose(
                images, network.Height, network.Width, trained: (beginning ?? backbone)?.Info.Preprocessing);
            options = options with { Augmentation = recipe.Has("augmentation") ? options.Augmentation : choice.Augmentation };
            if (!preprocessed)
            {
                context.Output.WriteLine($"images of {choice.Reason}");
                options = options with { Preprocessing = choice.Preprocessing };
            }
        }

        return options with
        {
            Preprocessing = preprocessed ? At(own, network.Height, network.Width) : options.Preprocessing,
            Augmentation = changes.NoFlip && options.Augmentation is not null
                ? options.Augmentation with { FlipProbability = 0 }
                : options.Augmentation,
        };
    }

    /// <summary>Full path of a checkpoint of the command line, which may be the name of a network that ships.</summary>
    private static string? Given(string? checkpoint) => Full(checkpoint is null ? null : ShippedNetworks.Resolve(checkpoint));

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);

    private static Preprocessing At(Preprocessing images, int height, int width) => images with
    {
        Height = height,
        Width = width,
        ResizeTo = (int)Math.Round((double)images.ResizeTo * Math.Min(height, width) / Math.Min(images.Height, images.Width)),
    };

    /// <summary>Takes a smaller batch than the default where there are too few images for one.</summary>
    private TrainingOptions FitBatch(TrainingOptions options, int images)
    {
        if (changes.BatchGiven || recipe.Has("batchSize") || images >= options.BatchSize || images == 0)
        {
            return options;
        }

        context.Output.WriteLine($"batches of {images} images instead of {options.BatchSize}: there are no more images to train on");
        return options with { BatchSize = images };
    }

    /// <summary>Looks at the checkpoint to begin with before the run's folder is touched.</summary>
    private CheckpointImport Begin(string path, string? model, IReadOnlyList<string> classes, (int Height, int Width)? size)
    {
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
