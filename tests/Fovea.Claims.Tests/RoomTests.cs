using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Fovea.Claims.Tests;

/// <summary>The table of rooms in docs/architecture.md, held against the sources.</summary>
public sealed partial class RoomTests : IClassFixture<RoomTests.Sources>
{
    private readonly Sources _sources;

    public RoomTests(Sources sources) => _sources = sources;

    [Fact]
    public void Every_room_uses_only_the_rooms_that_the_page_allows()
    {
        string[] forbidden =
        [
            .. _sources.Uses
                .Where(use => !_sources.Rules[use.From].Contains(use.To))
                .Select(use => $"{use.From} uses {use.To}: {use.Place}"),
        ];
        Assert.True(forbidden.Length == 0, $"{forbidden.Length} uses against the page:\n{string.Join('\n', forbidden.Take(40))}");
    }

    [Fact]
    public void What_the_page_allows_is_used()
    {
        HashSet<(string, string)> used = [.. _sources.Uses.Select(use => (use.From, use.To))];
        Assert.Empty(_sources.Rules.SelectMany(
            rule => rule.Value.Where(to => !used.Contains((rule.Key, to))).Select(to => $"{rule.Key} never uses {to}")));
    }

    [Fact]
    public void No_rooms_form_a_cycle() => Assert.Null(CycleIn(_sources.Uses.ToLookup(use => use.From, use => use.To)));

    [Fact]
    public void Every_source_file_lies_in_a_room_of_the_page()
    {
        string[] homeless =
        [
            .. _sources.Trees.Where(tree => tree.GetText().ToString() is string text
                && Namespace().Match(text) is { Success: true } match
                && RoomDependencies.RoomOf(match.Groups[1].Value, _sources.Rules.Keys) is null).Select(tree => tree.FilePath),
        ];
        Assert.Empty(homeless);
    }

    [Fact]
    public void A_planted_use_is_found_and_a_planted_cycle_too()
    {
        SyntaxTree planted = CSharpSyntaxTree.ParseText(
            "namespace Fovea.Engine.Graph; "
            + "internal static class Planted { internal static System.Type Use() => typeof(Fovea.Layers.Module); }",
            Repository.Parsing,
            path: Path.Combine(Repository.Folder, "Planted.cs"));
        RoomUse use = Assert.Single(
            RoomDependencies.Find([.. _sources.Trees, planted], _sources.Rules.Keys),
            use => use is { From: "Fovea.Engine.Graph", To: "Fovea.Layers" });
        Assert.Contains("Planted.cs:1 Module", use.Place, StringComparison.Ordinal);
        Assert.NotNull(CycleIn(_sources.Uses.Append(use).ToLookup(each => each.From, each => each.To)));
    }

    private static string? CycleIn(ILookup<string, string> uses)
    {
        HashSet<string> done = [];
        List<string> path = [];
        return uses.Select(group => Visit(group.Key)).FirstOrDefault(cycle => cycle is not null);

        string? Visit(string room)
        {
            if (path.Contains(room))
            {
                return string.Join(" → ", path.SkipWhile(each => each != room).Append(room));
            }

            if (!done.Add(room))
            {
                return null;
            }

            path.Add(room);
            string? cycle = uses[room].Distinct().Select(Visit).FirstOrDefault(found => found is not null);
            path.RemoveAt(path.Count - 1);
            return cycle;
        }
    }

    [GeneratedRegex("""^namespace ([\w.]+)""", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    /// <summary>The sources and the page's rules, read once.</summary>
    public sealed partial class Sources
    {
        /// <summary>Reads everything.</summary>
        public Sources()
        {
            Trees =
            [
                .. Repository.Files("src").Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), Repository.Parsing, path)),
            ];
            string page = File.ReadAllText(Path.Combine(Repository.Folder, "docs/architecture.md"));
            Rules = Row().Matches(page).ToDictionary(
                row => row.Groups[1].Value,
                row => Room().Matches(row.Groups[2].Value).Select(room => room.Groups[1].Value).ToHashSet());
            Uses = RoomDependencies.Find(Trees, Rules.Keys);
        }

        internal IReadOnlyList<SyntaxTree> Trees { get; }

        internal IReadOnlyDictionary<string, HashSet<string>> Rules { get; }

        internal IReadOnlyList<RoomUse> Uses { get; }

        // | `Fovea.Engine.Graph` | what lives there | `Fovea.Engine.Memory` |
        [GeneratedRegex("""^\| `(Fovea[\w.]*)` \|[^|]*\|([^|]*)\|""", RegexOptions.Multiline)]
        private static partial Regex Row();

        [GeneratedRegex("`(Fovea[\\w.]*)`")]
        private static partial Regex Room();
    }
}
