using System.CommandLine;
using System.Text.Json;

namespace Fovea.Compare;

/// <summary><c>bench/compare</c>: Fovea beside other runtimes on the same cores.</summary>
internal static class CompareCommand
{
    private const string InferenceModels =
        "cmt_ti@160,cmt_s,patchconvnet_s60,pit_ti,pit_s,crossformer_t,crossformer_s,botnet50,botnet_s1_50,resnet50";
    private const string TrainingModels = "cmt_ti@160,pit_ti,resnet50";
    private const double MaxDifference = 1e-3;

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
    private static readonly Option<string> _models = new("--models")
    {
        Description = "Names of models with commas between, with a size "
        + $"where it is not the model's own. [default: {InferenceModels}; with --train: {TrainingModels}; of others only Fovea's steps "
            + "are measured]"
    };
    private static readonly Option<string> _batches = new("--batch")
    {
        Description = "Images in a run; several numbers with commas "
        + "between. [default: 1,8; with --train: 8]"
    };
    private static readonly Option<string> _threads = new("--threads")
    {
        Description = "Threads of each side; several numbers with "
        + "commas between.",
        DefaultValueFactory = _ => "1,2"
    };
    private static readonly Option<bool> _quick = new("--quick") { Description = "One round in place of five: the figures are rough." };
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
            _train, _models, _batches, _threads, _quick, _noWrite, _json, _memory,
        };
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
        if (parsed.GetValue(_memory) is int memoryThreads and > 0)
        {
            TrainingComparison.PrintMemory(memoryThreads);
            return Success;
        }

        bool train = parsed.GetValue(_train);
        Settings settings = new(
            [.. (parsed.GetValue(_models) ?? (train ? TrainingModels : InferenceModels)).Split(',').Select(MeasuredModel.Parse)],
            OptionException.ParseIntegers("--batch", parsed.GetValue(_batches) ?? (train ? "8" : "1,8")),
            OptionException.ParseIntegers("--threads", parsed.GetValue(_threads)!),
            parsed.GetValue(_quick) ? Match.Quick : Match.Whole);
        Runner runner = new(settings, cancellation);
        Section section = train ? runner.Training() : runner.Inference();
        TextTable.Write(section, Console.Out);
        if (parsed.GetValue(_json) is string file)
        {
            File.WriteAllText(
                file, JsonSerializer.Serialize(new { train, section, summary = Summary.Of(section.Lines) }, Results.Json) + "\n");
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
            Write(train, section);
        }

        return Success;
    }

    private static void Write(bool train, Section section)
    {
        string file = Repository.At("bench", "results.json");
        Results earlier = Results.Read(file);
        Results results = train
            ? earlier with { Training = section.Over(earlier.Training) }
            : earlier with { Inference = section.Over(earlier.Inference) };
        results.Write(file);
        File.WriteAllText(Repository.At("docs", "benchmarks.md"), Page.Render(results));
        Console.Error.WriteLine("bench/results.json and docs/benchmarks.md are written");
    }
}
