using System.Text.RegularExpressions;

namespace Fovea.Claims.Tests;

/// <summary>Rules of the text of source files that no analyser checks.</summary>
public sealed partial class TextTests
{
    private static readonly string[] _sources = ["src", "tests", "bench", "examples"];

    [Fact]
    public void No_line_is_longer_than_the_length_that_editorconfig_declares()
    {
        int longest = DeclaredLength();

        string[] tooLong =
        [
            .. from folder in _sources
               from path in Repository.Files(folder)
               from line in File.ReadLines(path).Index()
               where line.Item.Length > longest
               select $"{Path.GetRelativePath(Repository.Folder, path)}:{line.Index + 1} has {line.Item.Length} columns",
        ];

        Assert.True(tooLong.Length == 0, $"Lines may have {longest} columns:\n{string.Join('\n', tooLong)}");
    }

    [Fact]
    public void Summaries_begin_with_a_noun_or_an_imperative()
    {
        string[] riddles =
        [
            .. from path in Repository.Files("src")
               from Match match in Riddle().Matches(File.ReadAllText(path))
               select $"{Path.GetRelativePath(Repository.Folder, path)}: {match.Value}",
        ];

        Assert.True(riddles.Length == 0, $"Summaries name their subject first:\n{string.Join('\n', riddles)}");
    }

    [Theory]
    [InlineData("    /// <summary>Whether it does.</summary>")]
    [InlineData("/// <summary>\n/// What bends the values.\n/// </summary>")]
    public void A_summary_without_a_subject_is_found(string line) => Assert.Matches(Riddle(), line);

    private static int DeclaredLength()
    {
        string settings = File.ReadAllText(Path.Combine(Repository.Folder, ".editorconfig"));
        return int.Parse(DeclaredLengthLine().Match(settings).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^max_line_length = (\d+)", RegexOptions.Multiline)]
    private static partial Regex DeclaredLengthLine();

    [GeneratedRegex(@"///\s*<summary>[\s/]*(What|Whether|Where|How|Who|It|They|The same)\b.*")]
    private static partial Regex Riddle();
}
