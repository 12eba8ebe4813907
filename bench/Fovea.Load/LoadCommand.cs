using System.CommandLine;

namespace Fovea.Load;

/// <summary><c>bench/serve</c>: what Fovea's server stands.</summary>
internal static class LoadCommand
{
    private static readonly Option<string> _network = new("--model")
    {
        Description = "Registered name of the network that is served, with fresh weights.",
        DefaultValueFactory = _ => "cmt_ti",
    };
    private static readonly Option<string> _images = new("--images")
    {
        Description = "Folder of the images that are sent. [default: made ones]",
    };
    private static readonly Option<string> _program = new("--program")
    {
        Description = "The server's program, such as publish/fovea-server. [default: Fovea.Server.dll beside this program]",
    };
    private static readonly Option<string[]> _server = new("--server")
    {
        Description = "Further configuration of the server, such as Concurrency=2.",
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>The command as the parser sees it.</summary>
    public static RootCommand Create()
    {
        RootCommand command = new(
            "What Fovea's server stands: each answer is held against the right one. Ends with 1 where a claim is broken.")
        {
            Throughput(), Overload(), Swaps(), Stops(), Mutations(),
        };
        command.HelpName = "bench/serve";
        return command;
    }

    private static Command Throughput()
    {
        Option<int> clients = new("--clients") { Description = "Clients that wait for their answers.", DefaultValueFactory = _ => 16 };
        Option<int> rounds = new("--rounds") { Description = "Turns of each side.", DefaultValueFactory = _ => 3 };
        Option<double> seconds = Seconds(8);
        Option<string[]> peer = new("--peer")
        {
            Description = "Further configuration of ONNX Runtime's server, such as Concurrency=2.",
            AllowMultipleArgumentsPerToken = true,
        };
        return Verb(
            "throughput",
            "Images a second over HTTP beside those of the network alone and of ONNX Runtime behind an equal server, in turns.",
            parsed => Load.Throughput.RunAsync(
                Options(parsed),
                parsed.GetValue(clients),
                [.. (parsed.GetValue(peer) ?? []).Select(option => $"--{option}")],
                parsed.GetValue(rounds),
                parsed.GetValue(seconds)),
            clients,
            rounds,
            seconds,
            peer);
    }

    private static Command Overload()
    {
        Option<double> seconds = Seconds(60);
        return Verb(
            "overload",
            "Four times the capacity: what is admitted keeps its latency, memory stays flat.",
            parsed => OverloadProof.RunAsync(Options(parsed), parsed.GetValue(seconds)),
            seconds);
    }

    private static Command Swaps()
    {
        Option<int> count = Count(50);
        return Verb(
            "swap",
            "Replace a model under load, again and again.",
            parsed => SwapProof.RunAsync(Options(parsed), parsed.GetValue(count)),
            count);
    }

    private static Command Stops()
    {
        Option<int> count = Count(20);
        return Verb(
            "stop",
            "Stop a server under load, again and again.",
            parsed => StopProof.RunAsync(Options(parsed), parsed.GetValue(count)),
            count);
    }

    private static Command Mutations()
    {
        Option<int> count = Count(100_000);
        Option<int> first = new("--first") { Description = "Number of the first request." };
        Option<double> longest = new("--longest")
        {
            Description = "Most seconds that an answer may take; more where the machine has other work.",
            DefaultValueFactory = _ => 1,
        };
        return Verb(
            "mutate",
            "Requests that nobody vouches for: mutated images, forms, JSON and tensors with lying shapes.",
            parsed => MutationProof.RunAsync(
                Options(parsed), parsed.GetValue(first), parsed.GetValue(count), TimeSpan.FromSeconds(parsed.GetValue(longest))),
            count,
            first,
            longest);
    }

    private static Command Verb(string name, string description, Func<ParseResult, Task<bool>> run, params Option[] options)
    {
        Command command = new(name, description) { _network, _images, _program, _server };
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }

        command.SetAction(async (parsed, _) => await run(parsed).ConfigureAwait(false) ? 0 : 1);
        return command;
    }

    private static ServerOptions Options(ParseResult parsed) => new(
        parsed.GetValue(_network)!,
        parsed.GetValue(_images),
        parsed.GetValue(_program),
        [.. (parsed.GetValue(_server) ?? []).Select(option => $"--Fovea:{option}")]);

    private static Option<double> Seconds(double value) =>
        new("--seconds") { Description = "Seconds of load.", DefaultValueFactory = _ => value };

    private static Option<int> Count(int value) => new("--count") { Description = "How often.", DefaultValueFactory = _ => value };
}
