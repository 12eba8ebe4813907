using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea quickstart</c>: the whole way from images to predictions, on a data set that travels with the source.</summary>
internal sealed class QuickstartVerb : Verb
{
    private const int ShownPredictions = 5;
    private readonly Option<bool> _full;
    private readonly Option<string> _out;
    private readonly Option<int?> _epochs;
    private readonly Option<ulong> _seed;
    private readonly Option<int?> _threads;

    /// <summary>Declares the verb.</summary>
    public QuickstartVerb()
        : base(
            "quickstart",
            "Train cmt_nano on Fashion-MNIST, evaluate it, predict some images and write a report: about two minutes.",
            "fovea quickstart",
            "fovea quickstart --full --out runs/fashion --json")
    {
        _full = AddOption<bool>(
            "--full",
            "Train on the whole set (60,000 images, Debian's package dataset-fashion-mnist) instead of the 10,000 that travel with the "
                + "source.");
        _out = AddOption("--out", "The run folder.", "runs/quickstart");
        _epochs = AddOption<int?>("--epochs", "Times that all images are shown. [default: 9, or 6 with --full]");
        _seed = AddOption("--seed", "The seed of weights, order and augmentation.", 0UL);
        _threads = AddThreads();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        bool full = context.Value(_full);
        string data = full ? FullData() : SampleData();
        ulong seed = context.Value(_seed);
        TrainingOptions options = Options(context.Value(_epochs) ?? (full ? 6 : 9), seed);
        TrainingOptionTable.Validate(options);
        RunConfiguration configuration = new(data, null, options);
        using DatasetParts parts = configuration.OpenData();
        (IImageDataset training, IImageDataset validation) = (parts.Training, parts.Validation!);
        IImageDataset test = parts.Test ?? throw new UsageException($"{data} has no test images.");
        RunFolder folder = RunFolder.Create(context.Value(_out)!, overwrite: true);
        folder.WriteConfig(configuration);
        context.Output.WriteLine(
            $"Training cmt_nano on {Numbers.Whole(training.Count)} images of Fashion-MNIST; {Numbers.Whole(validation.Count)} choose the "
                + "best epoch, "
            + $"{Numbers.Whole(test.Count)} test it.");

        using WorkerPool pool = new(Threads(context, _threads));
        using EpochBars bars = new(context, options.Epochs);
        TrainingRun run = new(options, training, folder) { Validation = validation, Test = test, Title = "cmt_nano on Fashion-MNIST" };
        Evaluation evaluation = run.Run(pool, bars, bars, cancellation);
        double seconds = folder.ReadResult()!.Seconds;
        context.Output.WriteLine();
        context.Output.WriteLine(
            $"Top-1 accuracy on the {Numbers.Whole(test.Count)} test images: {Numbers.Percent(evaluation.Top1, 2)}, "
            + $"after {Numbers.Duration(TimeSpan.FromSeconds(seconds))} of training.");
        context.Output.WriteLine();
        JsonArray predictions = Predict(context, folder, test);
        ShowNext(context, folder, data);
        context.Result["top1"] = evaluation.Top1;
        context.Result["seconds"] = seconds;
        context.Result["epochs"] = options.Epochs;
        context.Result["images"] = training.Count;
        context.Result["checkpoint"] = folder.BestCheckpointPath;
        context.Result["report"] = folder.ReportPath;
        context.Result["predictions"] = predictions;
        return Task.FromResult(ExitCodes.Success);
    }

    private static TrainingOptions Options(int epochs, ulong seed)
    {
        Network network = ModelRegistry.Create("cmt_nano");
        return new TrainingOptions
        {
            Model = "cmt_nano",
            Epochs = epochs,
            BatchSize = 50,
            LearningRate = 3e-3,
            EmaDecay = 0.995,
            ValidationFraction = 0.05,
            Seed = seed,
            Preprocessing = FashionMnist.Preprocessing with
            {
                Height = network.Height,
                Width = network.Width,
                Channels = 3,
                CenterCrop = true,
                Mean = [FashionMnist.Mean, FashionMnist.Mean, FashionMnist.Mean],
                StandardDeviation = [FashionMnist.StandardDeviation, FashionMnist.StandardDeviation, FashionMnist.StandardDeviation],
            },
            Augmentation = new Augmentation { CropPadding = 2 },
        };
    }

    private static JsonArray Predict(VerbContext context, RunFolder folder, IImageDataset test)
    {
        using Classifier classifier = Classifier.Load(folder.BestCheckpointPath);
        string images = Path.Combine(folder.Path, "images");
        Directory.CreateDirectory(images);
        Table table = new("image", "shows", "predicted", "probability");
        JsonArray answers = [];
        for (int i = 0; i < ShownPredictions; i++)
        {
            int index = i * (test.Count / ShownPredictions);
            Image image = test.Load(index);
            string path = Path.Combine(images, $"{i + 1}.png");
            File.WriteAllBytes(path, PngEncoder.Encode(image));
            Prediction prediction = classifier.Predict(image, 1)[0];
            string truth = test.Classes[test.LabelOf(index)];
            table.Add(path, truth, prediction.Class, Numbers.Percent(prediction.Probability));
            answers.Add((JsonNode)new JsonObject
            {
                ["image"] = path,
                ["truth"] = truth,
                ["class"] = prediction.Class,
                ["probability"] = prediction.Probability,
            });
        }

        context.Write(table);
        return answers;
    }

    private static void ShowNext(VerbContext context, RunFolder folder, string data)
    {
        context.Output.WriteLine();
        context.Output.WriteLine($"Open {folder.ReportPath} in a browser: curves, confusion matrix, worst mistakes.");
        context.Output.WriteLine("Go on with:");
        context.Output.WriteLine($"  ./fovea evaluate {folder.BestCheckpointPath} {data}");
        context.Output.WriteLine($"  ./fovea predict {folder.BestCheckpointPath} {Path.Combine(folder.Path, "images", "1.png")}");
        context.Output.WriteLine("  ./fovea train YOUR_IMAGES --model cmt_ti --size 160    (one folder for each class)");
    }

    private static string FullData() => FashionMnist.FullLocation
        ?? throw new UsageException(
            "The full Fashion-MNIST is not installed: run 'apt-get install dataset-fashion-mnist', or leave --full out.");

    /// <summary>The subset under <c>samples/</c>, looked for above the program's own folder.</summary>
    private static string SampleData()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "samples", "fashion-mnist");
            if (Directory.Exists(candidate))
            {
                return Path.GetRelativePath(Directory.GetCurrentDirectory(), candidate);
            }
        }

        throw new UsageException(
            "The folder samples/fashion-mnist of the source is missing: run quickstart from a clone of the repository.");
    }
}
