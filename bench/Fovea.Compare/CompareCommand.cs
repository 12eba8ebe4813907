using System.CommandLine;
using System.Text.Json;

namespace Fovea.Compare;

/// <summary><c>bench/compare</c>: Fovea beside other runtimes on the same cores.</summary>
internal static class CompareCommand
{
    private const string InferenceModels =
        "cmt_ti@160,cmt_s,patchconvnet_s60,pit_ti,pit_s,crossformer_t,crossformer_s,botnet50,botnet_s1_50,resnet50";
    private const string TrainingModels = "cmt_ti@160,pit_ti,resnet50";
    private const string DetectorsOfImages = "retinanet:resnet50,faster_rcnn:resnet50,mask_rcnn:resnet50";
    private const string DetectionModels = "faster_rcnn:resnet50@800x1088,mask_rcnn:resnet50@800x1088";
    private const string DetectionTrainingModels = "faster_rcnn:resnet50@608x800,mask_rcnn:resnet50@608x800";
    private const string SegmentationModels = "upernet:resnet50@512x512";
    private const double MaxDifference = 1e-3;
    private const string Times = "times";
    private const string Memory = "memory";

    // Exit codes.
    private const int Success = 0;
    private const int Failure = 1;
    private const int WrongUsage = 2;

    /// <summary>Exit code of a command that was stopped, as shells count it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;

    private static readonly Option<bool> _train = new("--train")
    {
        Description = "Compare steps of training (forward, backward, AdamW) "
        + "with PyTorch, and the memory they take, in place of inference with ONNX Runtime."
    };
    private static readonly Option<bool> _detect = new("--detect")
    {
        Description = "Compare detectors with torchvision's, with the same weights on the same image; with --train, their steps."
    };
    private static readonly Option<bool> _segment = new("--segment")
    {
        Description = "Compare segmentation networks with counterparts in PyTorch, with the same weights on the same image; with "
            + "--train, their steps."
    };
    private static readonly Option<string> _images = new("--images")
    {
        Description = "With --detect: compare what the detectors find in the images of this folder, in place of times. "
            + "Ends with 1 where a detection is not the same."
    };
    private static readonly Option<string> _models = new("--models")
    {
        Description = "Names of models with commas between, with a size "
        + $"where it is not the model's own. [default: {InferenceModels}; with --train: {TrainingModels}; with --detect: "
            + $"{DetectionModels}; with both: {DetectionTrainingModels}; with --segment: {SegmentationModels}; of others only Fovea's "
            + "steps are measured]"
    };
    private static readonly Option<string> _batches = new("--batch")
    {
        Description = "Images in a run; several numbers with commas "
        + "between. [default: 1,8; with --train: 8; with --detect or --segment: 1, and 2 with --train, too]"
    };
    private static readonly Option<string> _threads = new("--threads")
    {
        Description = "Threads of each side; several numbers with "
        + "commas between.",
        DefaultValueFactory = _ => "1,2"
    };
    private static readonly Option<bool> _quick = new("--quick") { Description = "One round in place of five: the figures are rough." };
    private static readonly Option<int?> _rounds = new("--rounds") { Description = "Turns of each side. [default: 5; with --quick: 1]" };
    private static readonly Option<string> _measure = new("--measure")
    {
        Description = $"With --train: measure '{Times}' or '{Memory}' alone, in place of both."
    };
    private static readonly Option<bool> _processorTime = new("--processor-time")
    {
        Description = "Measure by the processor's clock: for one thread on a machine that is busy."
    };
    private static readonly Option<bool> _noWrite = new("--no-write")
    {
        Description = "Leave bench/results.json and docs/benchmarks.md "
        + "as they are."
    };
    private static readonly Option<string> _json = new("--json") { Description = "A file that takes this run's results as JSON." };
    private static readonly Option<int> _memory = new(TrainingComparison.MemoryOption) { Hidden = true };

    /// <summary>The command as the parser sees it.</summary>
    public static RootCommand Create()
    {
        RootCommand command = new(
            "Runs Fovea and other runtimes alternately on the same cores, prints the ratios of their times (above 1: Fovea is faster) "
                + "and writes docs/benchmarks.md.\n"
            + "Earlier results in bench/results.json that are not measured again stay on the page if machine and peer are the same.")
        {
            _train, _detect, _segment, _images, _models, _batches, _threads, _quick, _rounds, _measure, _processorTime, _noWrite, _json,
            _memory,
        };
        _measure.AcceptOnlyFromAmong(Times, Memory);
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(_detect) && parsed.GetValue(_segment))
            {
                parsed.AddError("--detect and --segment are two comparisons: give one of them.");
            }
        });
        command.HelpName = "bench/compare";
        command.SetAction((parsed, cancellation) => Task.FromResult(Explain(() => Run(parsed, cancellation))));
        return command;
    }

    private static int Explain(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (FoveaException error)
        {
            Console.Error.WriteLine($"bench/compare: {error.Message}");
            return error is OptionException ? WrongUsage : Failure;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Interrupted.");
            return Interrupted;
        }
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        (bool train, bool detect, bool segment) = (parsed.GetValue(_train), parsed.GetValue(_detect), parsed.GetValue(_segment));
        (string models, string batches) = (detect, segment, train) switch
        {
            (true, _, _) when parsed.GetValue(_images) is not null => (DetectorsOfImages, "1"),
            (true, _, true) => (DetectionTrainingModels, "2"),
            (true, _, false) => (DetectionModels, "1"),
            (_, true, _) => (SegmentationModels, train ? "2" : "1"),
            (_, _, true) => (TrainingModels, "8"),
            _ => (InferenceModels, "1,8"),
        };
        Match match = (detect || segment, parsed.GetValue(_quick)) switch
        {
            (true, true) => Match.OfLongRuns with { Rounds = 1 },
            (true, false) => Match.OfLongRuns,
            (false, true) => Match.Quick,
            _ => Match.Whole,
        };
        Settings settings = new(
            [.. (parsed.GetValue(_models) ?? models).Split(',').Select(MeasuredModel.Parse)],
            OptionException.ParseIntegers("--batch", parsed.GetValue(_batches) ?? batches),
            OptionException.ParseIntegers("--threads", parsed.GetValue(_threads)!),
            match with
            {
                Rounds = parsed.GetValue(_rounds) ?? match.Rounds,
                Clock = parsed.GetValue(_processorTime) ? Clock.Processor : Clock.Wall,
            },
            HasTimes: parsed.GetValue(_measure) is not Memory,
            HasMemory: parsed.GetValue(_measure) is not Times);
        if (parsed.GetValue(_memory) is int memoryThreads and > 0)
        {
            TrainingComparison.PrintMemory(settings.Models[0], settings.Batches[0], memoryThreads);
            return Success;
        }

        if (parsed.GetValue(_images) is string folder)
        {
            return DetectionParity.Run(settings.Models, folder, settings.Threads[0], Console.Out, cancellation) ? Success : Failure;
        }

        Runner runner = new(settings, cancellation);
        Section section = train ? runner.Training() : detect ? runner.Detection() : segment ? runner.Segmentation() : runner.Inference();
        TextTable.Write(section, Console.Out);
        if (parsed.GetValue(_json) is string file)
        {
            IReadOnlyList<Summary> summary = Summary.Of(section.Lines);
            File.WriteAllText(file, JsonSerializer.Serialize(new { train, detect, segment, section, summary }, Results.Json) + "\n");
        }

        Line[] wrong = [.. section.Lines.Where(line => line.Difference is double difference && !(difference <= MaxDifference))];
        if (wrong.Length > 0)
        {
            string cases = string.Join(", ", wrong.Select(line => $"{line.Model} at batch {line.Batch}"));
            throw new PeerException(
                $"{section.Peer} computes something else than Fovea (beyond {MaxDifference} of the largest logit): {cases}. Nothing is "
                    + "written to docs/benchmarks.md.");
        }

        if (!parsed.GetValue(_noWrite))
        {
            Write(train, detect, segment, section);
        }

        return Success;
    }

    private static void Write(bool train, bool detect, bool segment, Section section)
    {
        string file = Repository.At("bench", "results.json");
        Results earlier = Results.Read(file);
        Results results = (detect, segment, train) switch
        {
            (true, _, true) => earlier with { DetectionTraining = section.Over(earlier.DetectionTraining) },
            (true, _, false) => earlier with { Detection = section.Over(earlier.Detection) },
            (_, true, true) => earlier with { SegmentationTraining = section.Over(earlier.SegmentationTraining) },
            (_, true, false) => earlier with { Segmentation = section.Over(earlier.Segmentation) },
            (_, _, true) => earlier with { Training = section.Over(earlier.Training) },
            _ => earlier with { Inference = section.Over(earlier.Inference) },
        };
        results.Write(file);
        File.WriteAllText(Repository.At("docs", "benchmarks.md"), Page.Render(results));
        Console.Error.WriteLine("bench/results.json and docs/benchmarks.md are written");
    }
}
