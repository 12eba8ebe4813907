using System.Reflection;
using System.Text.RegularExpressions;
using Fovea.Cli;
using Fovea.Formats;
using Fovea.Tests.Library;

namespace Fovea.Tests.Cli;

public sealed partial class RemedyTests
{
    [Fact]
    public void The_command_words_every_remedy_of_the_library_in_its_own_options_and_verbs()
    {
        Remedy[] remedies =
        [
            new Remedy.ChooseModel(["cmt_s"], 0.5), new Remedy.ChooseModel([]), new Remedy.ChooseWeights([]),
            new Remedy.ChooseWeights(["model_ema"]), new Remedy.SetClasses(), new Remedy.SetClasses(3), new Remedy.KeepSize(),
            new Remedy.Diagnose("a.pth"), new Remedy.ResumeOrOverwrite(), new Remedy.RaiseImageLimit(300_000_000),
            new Remedy.PassOverUnreadable(3), new Remedy.TakeCommonClasses(2),
            new Remedy.DetectObjects("a.pth"), new Remedy.ClassifyImages("a.pth"), new Remedy.SegmentImages("a.pth"),
            new Remedy.GiveHead("a.pth"), new Remedy.ChooseExplanation("Layer", ["stage2", "stage3"]),
            new Remedy.ChooseExplanation("At", []),
        ];
        IEnumerable<Type> known = typeof(Remedy).GetNestedTypes(BindingFlags.Public).Where(type => type != typeof(Remedy.Advice));
        Assert.Equal(known.OrderBy(type => type.Name), remedies.Select(remedy => remedy.GetType()).Distinct().OrderBy(type => type.Name));
        Assert.All(remedies, remedy =>
        {
            Assert.NotEqual(remedy.Text, RemedyText.Of(remedy));
            Assert.Matches(WordsOfTheCommand(), $"\"{RemedyText.Of(remedy)}\"");
            Assert.DoesNotMatch(WordsOfTheCommand(), $"\"{remedy.Text}\"");
            Assert.EndsWith(".", RemedyText.Of(remedy), StringComparison.Ordinal);
        });
        Assert.Equal("Mend it.", RemedyText.Of(new Remedy.Advice("Mend it.")));
    }

    [Fact]
    public void An_error_is_worded_once_for_programs_and_once_for_the_command()
    {
        InvalidFileException error = new(
            "a.pth", "it fits two models alike", [new Remedy.ChooseModel(["pit_s", "pit_b"]), new Remedy.Advice("Mend it.")]);
        Assert.Equal("a.pth: it fits two models alike. Set ImportOptions.Model to pit_s or pit_b. Mend it.", error.Message);
        Assert.Equal("a.pth: it fits two models alike. Say so with --model pit_s or --model pit_b. Mend it.", RemedyText.Of(error));
    }

    [Fact]
    public void No_text_of_the_library_speaks_of_the_commands_options_or_verbs()
    {
        Assert.Matches(WordsOfTheCommand(), "throw new(\"Say which with --model.\");");
        Assert.Matches(WordsOfTheCommand(), "$\"'fovea doctor {path}' tells all.\"");
        string[] files =
        [
            .. new[] { "src/Fovea", "src/Fovea.Engine" }
                .SelectMany(
                    folder => Directory.EnumerateFiles(Path.Combine(ChildProcess.Repository, folder), "*.cs", SearchOption.AllDirectories))
                .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)),
        ];
        Assert.InRange(files.Length, 100, 10_000);
        Assert.All(files, file => Assert.All(
            File.ReadLines(file).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)),
            line => Assert.DoesNotMatch(WordsOfTheCommand(), line)));
    }

    // Within a string: an option (but for CSS, whose names of colours stand in brackets or at the beginning), or a verb behind the
    // command's name.
    [
        GeneratedRegex(
            "\"[^\"]*(?<=[ '({])(?<!var\\()--[a-z]|\"--[a-z]|\"[^\"]*\\bfovea "
                + "(bench|compare|convert|detect|doctor|evaluate|explain|export|info|models|predict|profile|train)\\b"),
    ]
    private static partial Regex WordsOfTheCommand();
}
