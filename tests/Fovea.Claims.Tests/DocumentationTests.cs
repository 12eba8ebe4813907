using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Claims.Tests;

/// <summary>The C# blocks of every page, compiled as they stand.</summary>
public sealed partial class DocumentationTests
{
    // Those of the library, where pages put new layers and models, and of the tests.
    private const string GlobalUsings = "global using Fovea.Engine.Graph; global using Fovea.Engine.Graph.Operations; global using Xunit;";

    // A page shows how a family reads golden cases, which are internal to the library's tests.
    private static SyntaxTree[] GoldenCases { get; } =
    [
        .. new[] { "GoldenCase.cs", "GoldenFill.cs" }
            .Select(name => Path.Combine(Repository.Folder, "tests/Fovea.Tests/Golden", name))
            .Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), Repository.Parsing, path)),
    ];

    /// <summary>The pages with C# blocks.</summary>
    public static TheoryData<string> Pages =>
    [
        .. Repository.Files("", "*.md")
            .Where(path => Block().IsMatch(File.ReadAllText(path)))
            .Select(path => Path.GetRelativePath(Repository.Folder, path)),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_block_of_a_page_compiles(string page)
    {
        string[] errors = [.. Errors(File.ReadAllText(Path.Combine(Repository.Folder, page)))];
        Assert.True(errors.Length == 0, string.Join('\n', errors.Take(20)));
    }

    [Fact]
    public void A_block_that_has_rotted_is_found()
    {
        string error = Assert.Single(
            Errors("```csharp\nusing Fovea.Engine.Graph;\n\nComputeGraph graph = new();\ngraph.NoSuchMember();\n```\n"));
        Assert.Contains("block 1, line 4", error, StringComparison.Ordinal);
        Assert.Contains("NoSuchMember", error, StringComparison.Ordinal);
    }

    /// <summary>
    /// Compiles the blocks of a page. Blocks of declarations stand beside each other, as files of one project; each block of statements is
    /// a program of its own beside them. The assembly is called as the tests are, so that pages may show internal code.
    /// </summary>
    private static IEnumerable<string> Errors(string page)
    {
        SyntaxTree[] blocks =
        [
            .. Block().Matches(page)
                .Select((match, i) => CSharpSyntaxTree.ParseText(match.Groups[1].Value, Repository.Parsing, $"block {i + 1}")),
        ];
        SyntaxTree usings = CSharpSyntaxTree.ParseText(GlobalUsings, Repository.Parsing, "usings");
        ILookup<bool, SyntaxTree> programs = blocks
            .ToLookup(block => block.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>().Any());
        SyntaxTree[] declarations = [usings, .. GoldenCases, .. programs[false]];
        IEnumerable<Diagnostic> errors = programs[true]
            .SelectMany(program => Repository
                .Compile("Fovea.Tests", [.. declarations, program], Repository.References, OutputKind.ConsoleApplication)
                .GetDiagnostics())
            .Concat(Repository.Compile("Fovea.Tests", declarations, Repository.References).GetDiagnostics());
        return errors
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .Select(diagnostic => $"{Place(diagnostic.Location)}: {diagnostic.Id} {diagnostic.GetMessage()}")
            .Distinct();
    }

    private static string Place(Location location) =>
        $"{location.SourceTree?.FilePath}, line {location.GetLineSpan().StartLinePosition.Line + 1}";

    [GeneratedRegex("```csharp\\r?\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
