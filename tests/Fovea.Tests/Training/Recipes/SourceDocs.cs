using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fovea.Tests.Library;

namespace Fovea.Tests.Training.Recipes;

/// <summary>Summaries of the library's types and members, read from its sources.</summary>
internal static partial class SourceDocs
{
    private static readonly Dictionary<(string Type, string Member), string> _summaries = Read();

    /// <summary>Summary of a property as plain text; null where there is none.</summary>
    /// <param name="type">Record that declares the property.</param>
    /// <param name="property">Name of the property.</param>
    public static string? Of(Type type, string property) => _summaries.GetValueOrDefault((type.Name, property));

    private static Dictionary<(string Type, string Member), string> Read()
    {
        Dictionary<(string, string), string> summaries = [];
        foreach (string path in Directory.EnumerateFiles(
            Path.Combine(ChildProcess.Repository, "src", "Fovea"), "*.cs", SearchOption.AllDirectories))
        {
            string type = "";
            foreach (Match match in Documented().Matches(File.ReadAllText(path)))
            {
                string comment = SlashesOfLines().Replace(match.Groups["comment"].Value, " ");
                Match declared = DeclaredType().Match(match.Groups["line"].Value);
                if (!declared.Success)
                {
                    if (Property().Match(match.Groups["line"].Value) is { Success: true } property)
                    {
                        summaries.TryAdd((type, property.Groups[1].Value), Plain(Summary().Match(comment).Groups[1].Value));
                    }

                    continue;
                }

                type = declared.Groups[1].Value;
                foreach (Match parameter in Parameter().Matches(comment))
                {
                    summaries.TryAdd((type, parameter.Groups[1].Value), Plain(parameter.Groups[2].Value));
                }
            }
        }

        return summaries;
    }

    private static string Plain(string xml)
    {
        string text = Reference().Replace(xml, match => JsonNamingPolicy.CamelCase.ConvertName(match.Groups[1].Value.Split('.')[^1]));
        return WebUtility.HtmlDecode(Spaces().Replace(Tag().Replace(text, ""), " ").Trim());
    }

    [GeneratedRegex(@"(?<comment>(?:^[ ]*///.*\n)+)(?:^[ ]*\[.*\n)*^[ ]*(?<line>\S.*)", RegexOptions.Multiline)]
    private static partial Regex Documented();

    [GeneratedRegex(@"^[ ]*///", RegexOptions.Multiline)]
    private static partial Regex SlashesOfLines();

    [GeneratedRegex(@"\b(?:record|class|struct|enum) (?:class |struct )?(\w+)")]
    private static partial Regex DeclaredType();

    [GeneratedRegex(@"^public (?:required )?[\w<>?\[\], .]+ (\w+)\s*(?:\{|=>|$)")]
    private static partial Regex Property();

    [GeneratedRegex(@"<summary>(.*?)</summary>", RegexOptions.Singleline)]
    private static partial Regex Summary();

    [GeneratedRegex("""<param name="(\w+)">(.*?)</param>""", RegexOptions.Singleline)]
    private static partial Regex Parameter();

    [GeneratedRegex("""<(?:see|paramref|seealso) (?:cref|name|langword)="([^"(]*)[^"]*"\s*/>""")]
    private static partial Regex Reference();

    [GeneratedRegex("<[^>]+>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
