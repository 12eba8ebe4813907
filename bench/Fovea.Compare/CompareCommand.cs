using System.CommandLine;
using Fovea.Cli;
using Fovea.Cli.Terminal;
using Fovea.Engine.Compile.Cpu;

namespace Fovea.Compare;

/// <summary><c>bench/compare</c>: Fovea beside other runtimes on the same cores.</summary>
internal sealed class CompareCommand
{
    private const double LargestDifference = 1e-3;
    private const string DefaultModels = "cmt_ti@160,cmt_s,patchconvnet_s60,pit_ti,pit_s,crossformer_t,crossformer_s,botnet50,botnet_s1_50,resnet50";

    private readonly Option<string> _models = new("--models")
    {
        Description = "Names of models with commas between, with a size where it is not the model's own: cmt_ti@160.",
        DefaultValueFactory = _ => DefaultModels,
    };

    private readonly Option<string> _batches = new("--batch") { Description = "Pictures in a run; several numbers with commas between.", DefaultValueFactory = _ => "1,8" };
    private readonly Option<string> _threads = new("--threads") { Description = "Threads of each side; several numbers with commas between.", DefaultValueFactory = _ => "1,2" };
    private readonly Option<bool> _quick = new("--quick") { Description = "One round instead of five: figures are rough." };

    /// <summary>The command as the parser sees it.</summary>
    public RootCommand Create()
    {
        RootCommand command = new("Runs Fovea and other runtimes alternately on the same cores and prints the ratios of their times.")
        {
            _models, _batches, _threads, _quick,
        };
        command.SetAction((parsed, cancellation) =>
        {
            try
            {
                return Task.FromResult(Run(parsed, cancellation));
            }
            catch (FoveaException error)
            {
                Console.Error.WriteLine($"bench/compare: {error.Message}");
                return Task.FromResult(error is UsageException ? ExitCodes.WrongUsage : ExitCodes.Failure);
            }
        });
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        Settings settings = new(
            [.. parsed.GetValue(_models)!.Split(',').Select(MeasuredModel.Parse)],
            OptionChecks.Numbers("--batch", parsed.GetValue(_batches)!, 1024),
            OptionChecks.Numbers("--threads", parsed.GetValue(_threads)!, 1024),
            parsed.GetValue(_quick) ? new Match(1, 700) : new Match(5, 1200));
        List<Line> lines = [];
        using Peer runtime = new("node", Repository.PeerScript("onnxruntime.mjs"), Repository.At("tests", "onnx"));
        Dictionary<int, double> peaks = settings.Threads.Distinct().ToDictionary(count => count, count => Processor.MeasurePeak(count, 0.5));
        foreach (MeasuredModel model in settings.Models)
        {
            using InferenceComparison comparison = new(model, runtime);
            foreach ((int batch, int threads) in settings.Cases)
            {
                (Outcome outcome, double difference) = comparison.Run(settings.Match, batch, threads, cancellation);
                Line line = new(
                    $"{model}", batch, threads, outcome.Ours, outcome.Theirs, outcome.Ratio, outcome.Rounds, 2e-9 * comparison.MultiplyAdds * batch, peaks[threads], difference);
                lines.Add(line);
                Console.Error.WriteLine($"{model} batch {batch} threads {threads}: {Numbers.Fixed(line.Ratio, 2)}");
            }
        }

        TextTable.Write(lines, Console.Out);
        return lines.Any(line => !(line.Difference <= LargestDifference)) ? ExitCodes.Failure : ExitCodes.Success;
    }
}
