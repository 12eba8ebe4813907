using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Cli.Terminal;
using Fovea.Formats;

namespace Fovea.Tests.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Version_tells_people_on_standard_output()
    {
        (int exitCode, string output, string error) = await Run("version");
        Assert.Equal(ExitCodes.Success, exitCode);
        Assert.Contains(".NET 10", output, StringComparison.Ordinal);
        Assert.Equal("", error);
    }

    [Fact]
    public async Task Json_is_one_object_alone_on_standard_output_wherever_the_option_stands()
    {
        foreach (string[] arguments in new[] { new[] { "version", "--json" }, ["--json", "version"] })
        {
            (int exitCode, string output, string error) = await Run(arguments);
            Assert.Equal(ExitCodes.Success, exitCode);
            Assert.Equal(Environment.ProcessorCount, (int)JsonNode.Parse(output)!["threads"]!);
            Assert.Equal(1, output.Count(character => character == '\n'));
            Assert.Contains("processor", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Help_lists_the_verbs_and_ends_well()
    {
        foreach (string[] arguments in new string[][] { [], ["--help"], ["-h"] })
        {
            (int exitCode, string output, _) = await Run(arguments);
            Assert.Equal(ExitCodes.Success, exitCode);
            Assert.Contains("version", output, StringComparison.Ordinal);
        }

        (int verbExitCode, string verbHelp, _) = await Run("version", "--help");
        Assert.Equal(ExitCodes.Success, verbExitCode);
        Assert.Contains("--json", verbHelp, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_names_the_word_and_where_help_is()
    {
        (int exitCode, string output, string error) = await Run("version", "--colour");
        Assert.Equal(ExitCodes.WrongUsage, exitCode);
        Assert.Equal("", output);
        Assert.Contains("There is no option --colour.", error, StringComparison.Ordinal);
        Assert.Contains("fovea version --help", error, StringComparison.Ordinal);

        (exitCode, output, _) = await Run("flatter", "--json");
        Assert.Equal(ExitCodes.WrongUsage, exitCode);
        Assert.Contains("flatter", (string)JsonNode.Parse(output)!["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_kind_of_error_has_its_message_and_exit_code_and_no_stack_trace()
    {
        (Exception Error, int ExitCode)[] cases =
        [
            (new InvalidFileException("a.png", "it has 0 bytes", "Fetch it again."), ExitCodes.BadInput),
            (new UnwritableFileException("runs", "it may not be written", "Choose another."), ExitCodes.Failure),
            (new UsageException("--size 30 does not fit."), ExitCodes.WrongUsage),
            (new FileNotFoundException("There is no file b."), ExitCodes.BadInput),
            (new IOException("The pipe is closed."), ExitCodes.Failure),
            (new InsufficientMemoryException(), ExitCodes.Failure),
            (new InvalidOperationException("Odd."), ExitCodes.Failure),
            (new AggregateException(new InvalidFileException("c", "it is broken", "Mend it.")), ExitCodes.BadInput),
            (new OperationCanceledException(), ExitCodes.Interrupted),
        ];
        foreach ((Exception thrown, int wanted) in cases)
        {
            TestVerb verb = new((_, _) => throw thrown);
            (int exitCode, string output, string error) = await Run([verb], ["test"]);
            Assert.Equal(wanted, exitCode);
            Assert.Equal("", output);
            Assert.StartsWith("fovea: ", error, StringComparison.Ordinal);
            Assert.Equal(1, error.Count(character => character == '\n'));

            (exitCode, output, _) = await Run([new TestVerb((_, _) => throw thrown)], ["test", "--json"]);
            Assert.Equal(wanted, exitCode);
            Assert.Equal(error.Trim(), "fovea: " + (string)JsonNode.Parse(output)!["error"]!);
        }
    }

    [Fact]
    public async Task A_cancelled_verb_ends_as_interrupted()
    {
        using CancellationTokenSource cancellation = new();
        TestVerb verb = new(async (_, token) =>
        {
            cancellation.Cancel();
            await Task.Delay(Timeout.Infinite, token);
            return 0;
        });
        (int exitCode, _, string error) = await Run([verb], ["test"], cancellation.Token);
        Assert.Equal(ExitCodes.Interrupted, exitCode);
        Assert.Equal("fovea: Interrupted.", error.Trim());
    }

    [Fact]
    public async Task Options_come_with_their_defaults_and_the_answer_is_the_last_line()
    {
        List<string> seen = new();
        TestVerb verb = null!;
        verb = new TestVerb((context, _) =>
        {
            seen.Add($"{context.Value(verb.Batch)} {context.IsGiven(verb.Batch)}");
            context.Output.WriteLine("for people");
            context.Result["loss"] = double.NaN;
            return Task.FromResult(ExitCodes.Failure);
        });
        (int exitCode, string output, string error) = await Run([verb], ["test", "--json"]);
        Assert.Equal((ExitCodes.Failure, "{\"loss\":\"NaN\"}", "for people"), (exitCode, output.Trim(), error.Trim()));
        await Run([verb], ["test", "--batch", "8"]);
        Assert.Equal(["64 False", "8 True"], seen);
        Assert.Equal(ExitCodes.WrongUsage, (await Run([verb], ["test", "--batch", "many"])).ExitCode);
    }

    private static async Task<(int ExitCode, string Output, string Error)> Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int exitCode = await CommandLine.InvokeAsync(arguments, output, error);
        return (exitCode, output.ToString(), error.ToString());
    }

    private static async Task<(int ExitCode, string Output, string Error)> Run(
        Verb[] verbs, string[] arguments, CancellationToken cancellation = default)
    {
        using StringWriter output = new(), error = new();
        int exitCode = await CommandLine.InvokeAsync(
            verbs, arguments, output, TerminalStyle.Plain, error, TerminalStyle.Plain, cancellation);
        return (exitCode, output.ToString(), error.ToString());
    }

    private sealed class TestVerb : Verb
    {
        private readonly Func<VerbContext, CancellationToken, Task<int>> _run;

        public TestVerb(Func<VerbContext, CancellationToken, Task<int>> run)
            : base("test", "Does what a test asks.")
        {
            _run = run;
            Batch = AddOption("--batch", "The batch.", 64);
        }

        public Option<int> Batch { get; }

        public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation) => _run(context, cancellation);
    }
}
