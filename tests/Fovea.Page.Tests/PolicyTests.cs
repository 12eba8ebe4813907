using System.Text.RegularExpressions;

namespace Fovea.Page.Tests;

/// <summary>The page's files: nothing inline, nothing from elsewhere.</summary>
public sealed partial class PolicyTests
{
    [Fact]
    public void No_file_of_the_page_names_a_foreign_host_or_has_code_inline()
    {
        string[] wrong =
        [
            .. from path in Directory.EnumerateFiles(ServedPage.PathOf("src/Fovea.Server/wwwroot"), "*", SearchOption.AllDirectories)
               where Path.GetExtension(path) is ".html" or ".css" or ".js" or ".svg"
               from Match match in Wrong().Matches(File.ReadAllText(path))
               where match.Value != "http://www.w3.org/2000/svg"
               select $"{Path.GetFileName(path)}: {match.Value}",
        ];

        Assert.Empty(wrong);
    }

    [GeneratedRegex("""https?://[^"'\s]+|\sstyle="|\son\w+="|<style|<script(?! type="module" src=)|innerHTML|\beval\(""")]
    private static partial Regex Wrong();
}
