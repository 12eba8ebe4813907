using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea train DATA</c>: trains a model on images and keeps everything in a run folder.</summary>
internal sealed class TrainVerb : Verb
{
    private readonly Argument<string?> _data;
    private readonly Option<string> _recipe;
    private readonly Option<string[]> _set;
    private readonly Option<string> _model;
    private readonly Option<string> _from;
    private readonly Option<string> _backboneFrom;
    private readonly Option<string> _out;
    private readonly Option<bool> _resume;
    private readonly Option<bool> _overwrite;
    private readonly Option<int?> _repeat;
    private readonly Option<string> _size;
    private readonly Option<int?> _longerSide;
    private readonly Option<bool> _noFlip;
    private readonly Option<string> _validation;
    private readonly Option<string> _test;
    private readonly Option<int?> _threads;
    private readonly IReadOnlyList<TrainingOptionTable.Entry> _training = TrainingOptionTable.Entries();

    /// <summary>Declares the verb.</summary>
    public TrainVerb()
        : base(
            "train",
            "Train a model on a folder of class folders, a .tar, .tar.gz or .zip of them, or IDX files; a detector on objects, a "
                + "segmentation on label maps.",
            "fovea train images/ --model cmt_nano --epochs 20 --out runs/first",
            "fovea train photos.tar.gz --model cmt_ti --size 160 --batch 32",
            "fovea train images/ --recipe recipes/imagenet/cmt_ti.json --batch 64 --set mixing.mixupAlpha=0.2",
            "fovea train images/ --model cmt_nano --repeat 3 --out runs/three-seeds",
            "fovea train cells/ --model faster_rcnn:cmt_ti --size 320 --backbone-from cmt_ti.pth --out runs/cells",
            "fovea train streets/ --model semantic_fpn:cmt_ti --size 256 --epochs 60 --out runs/streets",
            "fovea train flowers/ --from cmt_small.pth --learning-rate 2e-4 --out runs/flowers",
            "fovea train --resume --out runs/first",
            "mpirun -np 4 fovea train images/ --model cmt_ti --batch 256 --shards 4")
    {
        _data = AddArgument<string?>("DATA", "The data set; not needed where the recipe names it, nor with --resume unless it has moved.");
        _data.Arity = ArgumentArity.ZeroOrOne;
        _recipe = AddOption<string>(
            "--recipe", "A recipe: a JSON file of options, or the config.json of a run; other options change single members of it.");
        _set = AddOption<string[]>(
            "--set", "Set any member of a recipe's training, such as mixing.mixupAlpha=0.2; may stand several times.");
        _model = AddOption("--model", "The model; 'fovea models' lists them.", new TrainingOptions().Model);
        _from = AddOption<string>(
            "--from",
            "A checkpoint to begin with, of Fovea, PyTorch or safetensors; it also tells the model and the normalisation. [default: "
                + "fresh weights]");
        _backboneFrom = AddOption<string>(
            "--backbone-from",
            "A checkpoint of a classifier, whose backbone the model begins with; the head is fresh. [default: fresh weights]");
        _out = AddOption("--out", "The run folder.", "runs/latest");
        _resume = AddOption<bool>("--resume", "Go on with an interrupted run in --out, with its own options; more --epochs extend it.");
        _overwrite = AddOption<bool>("--overwrite", "Replace an earlier run in --out.");
        _repeat = AddOption<int?>(
            "--repeat",
            "Number of runs, each with the next seed, in folders of --out; the same command again trains what is missing.");
        _size = AddOption<string>(
            "--size",
            "Side of the images in pixels, or rows and columns as 192x256; of a detector or a segmentation the shorter side, to which "
                + "images are resized. [default: the model's native size]");
        _longerSide = AddOption<int?>(
            "--longer-side",
            "For a dense model: pixels that the longer side does not exceed. [default: in the published networks' proportion to --size]");
        foreach (TrainingOptionTable.Entry entry in _training)
        {
            Add(entry.Option);
        }

        _noFlip = AddOption<bool>("--no-flip", "Do not mirror training images at random.");
        _validation = AddOption<string>(
            "--validation", "A data set that chooses the best epoch. [default: the set's own validation part, else --validation-fraction]");
        _test = AddOption<string>("--test", "A data set that measures the best epoch in the end. [default: the set's own test part]");
        _threads = AddThreads();
    }

    /// <inheritdoc/>
    public override bool TakesRanks => true;

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string path = context.Value(_out)!;
        TrainingSession session = new(context, Threads(context, _threads), cancellation);
        return Task.FromResult(
            context.Value(_repeat) is int count ? Repeat(context, session, path, count) : Train(context, session, path));
    }

    private int Train(VerbContext context, TrainingSession session, string path)
    {
        RunResult? result;
        try
        {
            result = context.Value(_resume)
                ? session.Resume(Continue(context, path), path)
                : session.Begin(Configure(context), path, context.Value(_overwrite));
        }
        catch (OperationCanceledException)
        {
            context.Error.WriteLine($"All steps are kept. Go on with: fovea train --resume --out {path}");
            throw;
        }

        if (result is not null)
        {
            Show(context, RunFolder.OpenRead(path), result);
        }

        return ExitCodes.Success;
    }

    private int Repeat(VerbContext context, TrainingSession session, string path, int count)
    {
        if (count < 1)
        {
            throw new UsageException($"--repeat {count} is too small: there is at least one run.");
        }

        if (context.Ranks is not null)
        {
            throw new UsageException("--repeat is for one process: start each seed's run by itself, with --seed.");
        }

        if (context.Value(_resume))
        {
            throw new UsageException("--repeat goes on by itself with what is missing: leave out --resume.");
        }

        RunConfiguration configuration = Configure(context);
        ulong first = configuration.Options.Seed;
        SeedRuns runs = new(context, session, path, context.Value(_overwrite));
        runs.Check(configuration, count);
        Seeds seeds = runs.Run(
            configuration, count, seed => context.Output.WriteLine($"seed {seed} ({seed - first + 1} of {count})"));
        context.Output.WriteLine($"{seeds.Text}, on the {seeds.Results[0].EvaluatedOn} images");
        seeds.Fill(context.Result, first);
        return ExitCodes.Success;
    }

    private static void Show(VerbContext context, RunFolder folder, RunResult result)
    {
        context.Output.WriteLine(
            $"{FiguresOf(result)} on the {result.EvaluatedOn} images after "
            + $"{Numbers.Duration(TimeSpan.FromSeconds(result.Seconds))} of training");
        context.Output.WriteLine($"best checkpoint  {folder.BestCheckpointPath}");
        context.Output.WriteLine($"report           {folder.ReportPath}");
        if (result.Detection is DetectionFigures figures)
        {
            context.Result["task"] = "detection";
            context.Result["bbox"] = Json(figures.Bbox);
            if (figures.Segm is not null)
            {
                context.Result["segm"] = Json(figures.Segm);
            }
        }
        else if (result.Segmentation is SegmentationFigures pixels)
        {
            context.Result["task"] = "segmentation";
            context.Result["mIoU"] = pixels.MIoU;
            context.Result["mAcc"] = pixels.MAcc;
            context.Result["aAcc"] = pixels.AAcc;
        }
        else
        {
            context.Result["top1"] = result.Top1;
            context.Result["top5"] = result.Top5;
            context.Result["loss"] = result.Loss;
        }

        context.Result["evaluatedOn"] = result.EvaluatedOn;
        context.Result["images"] = result.Images;
        context.Result["seconds"] = result.Seconds;
        context.Result["model"] = folder.ReadConfig().Options.Model;
        context.Result["checkpoint"] = folder.BestCheckpointPath;
        context.Result["report"] = folder.ReportPath;
    }

    private static string FiguresOf(RunResult result)
    {
        if (result.Segmentation is SegmentationFigures pixels)
        {
            return $"mIoU {Numbers.Fixed(pixels.MIoU)}, mAcc {Numbers.Fixed(pixels.MAcc)}, aAcc {Numbers.Fixed(pixels.AAcc)}";
        }

        if (result.Detection is not DetectionFigures figures)
        {
            return $"top-1 {Numbers.Percent(result.Top1, 2)}";
        }

        string boxes = $"box AP {Numbers.Fixed(figures.Bbox["AP"])}, AP50 {Numbers.Fixed(figures.Bbox["AP50"])}";
        return figures.Segm is IReadOnlyDictionary<string, double> masks
            ? $"{boxes}, mask AP {Numbers.Fixed(masks["AP"])}, AP50 {Numbers.Fixed(masks["AP50"])}"
            : boxes;
    }

    private static JsonObject Json(IReadOnlyDictionary<string, double> figures) =>
        [.. figures.Select(figure => KeyValuePair.Create(figure.Key, (JsonNode?)figure.Value))];

    /// <summary>
    /// Reads the configuration of an earlier run, whose images may have moved since. Its folder is needed on the first rank only.
    /// </summary>
    private RunConfiguration Continue(VerbContext context, string path)
    {
        RunFolder folder = context.IsFirstRank ? RunFolder.OpenRead(path) : RunFolder.OfOtherProcess(path);
        RunConfiguration earlier = context.Ranks is null ? folder.ReadConfig() : folder.ReadConfig(context.Ranks);
        TrainingOptions options = earlier.Options;
        if (context.Value(_overwrite))
        {
            throw new UsageException("--overwrite begins anew and --resume goes on: give one of them.");
        }

        if (context.IsGiven(_recipe) || context.IsGiven(_set))
        {
            throw new UsageException("A run goes on with its own recipe: leave out --recipe and --set, or begin a new run.");
        }

        ResumedOptions.Require("--model", options.Model, context.IsGiven(_model) ? context.Value(_model) : null);
        ResumedOptions.Require(
            "--from", options.From ?? "fresh weights", context.Value(_from) is string from ? Path.GetFullPath(from) : null);
        ResumedOptions.Require(
            "--size",
            earlier.Task == VisionTask.Detection
                ? $"{options.Preprocessing.ResizeTo}x{options.Preprocessing.ResizeTo}"
                : ResumedOptions.SizeOf(options.Preprocessing),
            context.Value(_size) is string size && ModelChoice.ParseSize(size) is var (height, width) ? $"{height}x{width}" : null);
        ResumedOptions.Require(
            "--longer-side", $"{options.Preprocessing.LongerSide}", context.Value(_longerSide) is int side ? $"{side}" : null);
        if (context.Value(_noFlip) && options.Augmentation?.FlipProbability > 0)
        {
            ResumedOptions.Require("--no-flip", "mirrored images", "none");
        }

        return earlier with
        {
            Data = context.ValueOrNull(_data) ?? earlier.Data,
            Validation = context.Value(_validation) ?? earlier.Validation,
            Test = context.Value(_test) ?? earlier.Test,
            Options = new ResumedOptions(context, options).Checked(_training),
        };
    }

    private RunConfiguration Configure(VerbContext context)
    {
        Recipe recipe = context.Value(_recipe) is string path ? Recipe.Read(path) : Recipe.Empty();
        if (recipe.NotRun is string reason)
        {
            context.Output.WriteLine($"note: this recipe was not run by those who wrote it down: {reason}");
        }

        recipe = ChosenMembers.Apply(recipe, context.Value(_set) ?? []);
        return new NewRun(context, recipe, new RunChanges
        {
            Data = context.ValueOrNull(_data),
            Validation = context.Value(_validation),
            Test = context.Value(_test),
            Model = context.IsGiven(_model) ? context.Value(_model) : null,
            From = context.Value(_from),
            BackboneFrom = context.Value(_backboneFrom),
            Size = context.Value(_size) is string size ? ModelChoice.ParseSize(size) : null,
            LongerSide = context.Value(_longerSide),
            NoFlip = context.Value(_noFlip),
            BatchGiven = context.IsGiven(_training.For(nameof(TrainingOptions.BatchSize))),
            Apply = options => _training.ApplyGiven(context, recipe, options),
        }).Configure();
    }
}
