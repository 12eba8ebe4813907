using System.Text;
using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Cli.Terminal;

namespace Fovea.Tests.Cli;

public sealed class EverydayMistakesTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    [Theory]
    [InlineData("--learning-rate 0.001", "--learning-rate", "0,001")]
    [InlineData("--weight-decay 0.05", "--weight-decay", "0,05")]
    [InlineData("--clip 1.5", "--clip", "1,5")]
    [InlineData("--learning-rate 0.001", "--lr", "0,001")]
    [InlineData("--drop-path 0.1", "--drop-path", "0,1")]
    [InlineData("a whole number from 0", "--seed", "-1")]
    [InlineData("choose one of adamw, sgd", "--optimizer", "adam")]
    [InlineData("a whole number", "--epochs", "1.5")]
    [InlineData("a whole number", "--threads", "abc")]
    [InlineData("from 1 to 1024", "--threads", "0")]
    [InlineData("a number such as", "--learning-rate", "fast")]
    [InlineData("Is --learning-rate meant?", "--learnig-rate", "1")]
    [InlineData("Is --batch meant?", "--bacth", "1")]
    public async Task Options_that_are_not_understood_show_what_would_be(string words, string option, string value)
    {
        using TemporaryFolder folder = new();
        await CliRun.Fails(ExitCodes.WrongUsage, [words], "train", trained.Data, option, value, "--out", folder.File("run"));
        (_, _, string error) = await CliRun.Run(["train", trained.Data, option, value]);
        Assert.DoesNotContain("System.", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Fact]
    public Task A_verb_that_is_spelt_wrong_is_guessed() => CliRun.Fails(ExitCodes.WrongUsage, ["Is train meant?"], "trian", trained.Data);

    [Fact]
    public async Task Names_of_other_programs_and_any_case_are_understood()
    {
        using TemporaryFolder folder = new();
        await CliRun.Succeeds(
            "train", trained.Data, "--size", "16", "--batch-size", "8", "--epochs", "1", "--lr", "1e-3", "--optimizer", "AdamW",
            "--workers", "1", "--out", folder.File("run"));
        JsonNode training = JsonNode.Parse(File.ReadAllText(folder.File("run/config.json")))!["training"]!;
        Assert.Equal((8, 1e-3), ((int)training["batchSize"]!, (double)training["learningRate"]!));
    }

    [Fact]
    public async Task A_run_that_goes_on_is_extended_and_takes_no_other_options()
    {
        using TemporaryFolder folder = new();
        string run = folder.File("run");
        await CliRun.Succeeds("train", trained.Data, "--size", "16", "--batch", "8", "--epochs", "1", "--out", run);
        (string Word, string[] Options)[] refused =
        [
            ("--learning-rate cannot change", ["--learning-rate", "0.01"]),
            ("--model cannot change", ["--model", "cmt_ti"]),
            ("--size cannot change", ["--size", "32"]),
            ("--optimizer cannot change", ["--optimizer", "sgd"]),
            ("--no-flip cannot change", ["--no-flip"]),
            ("--epochs 0", ["--epochs", "0"]),
            ("--overwrite begins anew", ["--overwrite"]),
        ];
        foreach ((string word, string[] options) in refused)
        {
            await CliRun.Fails(ExitCodes.WrongUsage, [word], ["train", "--resume", "--out", run, .. options]);
        }

        await CliRun.Succeeds("train", "--resume", "--out", run, "--epochs", "2", "--batch", "8");
        Assert.Equal(2, File.ReadAllLines(Path.Combine(run, "metrics.jsonl")).Length);
        TinyImages.Write(folder.File("fewer"), 4);
        await CliRun.Fails(
            ExitCodes.BadInput, ["training images and now there are"], "train", folder.File("fewer"), "--resume", "--out", run);
        Assert.Equal(2, File.ReadAllLines(Path.Combine(run, "metrics.jsonl")).Length);
    }

    [Fact]
    public async Task Files_that_no_run_wrote_are_kept_unless_they_may_be_replaced()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("config.json"), "{}");
        File.WriteAllText(folder.File("report.html"), "mine");
        string[] train = ["train", trained.Data, "--size", "16", "--batch", "8", "--epochs", "1", "--out", folder.Path];
        await CliRun.Fails(ExitCodes.Failure, ["config.json, which no run wrote", "--overwrite"], train);
        Assert.Equal("mine", File.ReadAllText(folder.File("report.html")));
        await CliRun.Succeeds([.. train, "--overwrite"]);
    }

    [Fact]
    public async Task Folders_and_patterns_are_answered_and_bad_images_named_at_the_end()
    {
        using TemporaryFolder folder = new();
        TinyImages.Write(folder.Path, 2);
        JsonObject answer = await CliRun.Succeeds("predict", trained.Checkpoint, folder.File("apple"), folder.File("bread/*1.png"));
        Assert.Equal(
            ["00.png", "01.png", "01.png"],
            answer["predictions"]!.AsArray().Select(one => Path.GetFileName((string)one!["image"]!)));

        File.WriteAllText(folder.File("apple/broken.jpg"), "<html>");
        (int exitCode, string output, string error) = await CliRun.Run(
            ["predict", trained.Checkpoint, folder.File("apple"), folder.File("none.png")]);
        JsonNode result = JsonNode.Parse(output)!;
        Assert.Equal(ExitCodes.BadInput, exitCode);
        Assert.Equal(2, result["predictions"]!.AsArray().Count);
        Assert.Equal(2, result["failures"]!.AsArray().Count);
        Assert.Contains("broken.jpg", error, StringComparison.Ordinal);
        Assert.Contains("none.png", error, StringComparison.Ordinal);
        Assert.Contains("2 of 4 images", error, StringComparison.Ordinal);

        Directory.CreateDirectory(folder.File("empty"));
        await CliRun.Fails(ExitCodes.WrongUsage, ["holds no image"], "predict", trained.Checkpoint, folder.File("empty"));
        await CliRun.Fails(ExitCodes.WrongUsage, ["No file fits"], "predict", trained.Checkpoint, folder.File("*.gif"));
    }

    [Fact]
    public async Task Files_that_exist_are_replaced_only_where_that_is_asked_for()
    {
        using TemporaryFolder folder = new();
        foreach (string[] write in new string[][]
        {
            ["convert", trained.Checkpoint, "--out", folder.File("a.pth")],
            ["export", trained.Checkpoint, "--onnx", folder.File("a.onnx")],
        })
        {
            File.WriteAllText(write[^1], "mine");
            await CliRun.Fails(ExitCodes.WrongUsage, ["exists already", "--overwrite"], write);
            Assert.Equal("mine", File.ReadAllText(write[^1]));
            await CliRun.Succeeds([.. write, "--overwrite"]);
        }
    }

    [Theory]
    [InlineData("version", "--json")]
    [InlineData("models")]
    [InlineData("--help")]
    public async Task An_output_that_takes_nothing_is_an_error_and_no_crash(params string[] arguments)
    {
        using StringWriter error = new();
        using FullWriter full = new();
        Assert.Equal(ExitCodes.Failure, await CommandLine.InvokeAsync(arguments, full, error));
        Assert.Contains("No space left", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failure, await CommandLine.InvokeAsync(arguments, full, full));
    }

    [Fact]
    public void Names_cannot_command_the_terminal()
    {
        Table table = new("class");
        table.Add("\u001B[31mred\u0007\u202Egpj.exe\nnext");
        using StringWriter output = new();
        table.Write(output, TerminalStyle.Plain);
        Assert.Contains("\\u001B[31mred\\u0007\\u202Egpj.exe\\u000Anext", output.ToString(), StringComparison.Ordinal);
        Assert.Equal("日本 👩‍🚀 é", Printable.Of("日本 👩‍🚀 é"));
    }

    [Fact]
    public void A_share_of_nothing_is_a_dash() => Assert.Equal(("-", "50.0 %"), (Numbers.Share(double.NaN), Numbers.Share(0.5)));

    private sealed class FullWriter : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new IOException("No space left on device");
    }
}
