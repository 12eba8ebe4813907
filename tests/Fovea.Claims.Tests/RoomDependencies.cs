using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Claims.Tests;

/// <summary>A use of one room's type or member in a file of another room.</summary>
/// <param name="From">The using room.</param>
/// <param name="To">The used room.</param>
/// <param name="Place">File, line and name.</param>
internal sealed record RoomUse(string From, string To, string Place);

/// <summary>Which rooms use which, found by the compiler's own reading of the sources.</summary>
internal static class RoomDependencies
{
    /// <summary>Uses between the rooms of sources.</summary>
    /// <param name="sources">The files of all assemblies, compiled as one.</param>
    /// <param name="rooms">The rooms' namespaces; a namespace belongs to the room with the longest name that it begins with.</param>
    public static IReadOnlyList<RoomUse> Find(IReadOnlyList<SyntaxTree> sources, IEnumerable<string> rooms)
    {
        HashSet<string> own =
        [
            .. Repository.Files("src", "*.csproj").Select(path => Path.GetFileNameWithoutExtension(path) + ".dll"),
            "Fovea.Engine.Tests.dll",
        ];
        IEnumerable<MetadataReference> references = Repository.References
            .Where(reference => !own.Contains(Path.GetFileName(reference.Display!)));
        CSharpCompilation compilation = Repository.Compile("Fovea.All", sources, references, OutputKind.ConsoleApplication);
        // Names must be known; what only generated code supplies (regular expressions, native imports) is no matter here.
        Diagnostic[] errors =
        [
            .. compilation.GetDiagnostics()
                .Where(diagnostic => diagnostic.Id is "CS0246" or "CS0234" or "CS0103" or "CS0012" or "CS1061"),
        ];
        if (errors.Length > 0)
        {
            throw new InvalidOperationException($"The sources do not compile as one: {errors[0]}");
        }

        return [.. sources.SelectMany(source => UsesIn(source, compilation, rooms))];
    }

    /// <summary>The room of a namespace; null where it is none of ours.</summary>
    public static string? RoomOf(string name, IEnumerable<string> rooms) =>
        rooms.Where(room => name == room || name.StartsWith(room + ".", StringComparison.Ordinal)).MaxBy(room => room.Length);

    private static IEnumerable<RoomUse> UsesIn(SyntaxTree source, CSharpCompilation compilation, IEnumerable<string> rooms)
    {
        SyntaxNode root = source.GetRoot();
        string? name = root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString();
        if (name is null || RoomOf(name, rooms) is not string from)
        {
            yield break;
        }

        SemanticModel model = compilation.GetSemanticModel(source);
        HashSet<string> seen = [];
        foreach (SimpleNameSyntax identifier in root.DescendantNodes().OfType<SimpleNameSyntax>())
        {
            if (model.GetSymbolInfo(identifier).Symbol is { } symbol
                && symbol is not INamespaceSymbol
                && symbol.ContainingNamespace is { IsGlobalNamespace: false } place
                && RoomOf(place.ToDisplayString(), rooms) is string to
                && to != from
                && seen.Add(to + symbol.Name))
            {
                int line = identifier.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
                yield return new RoomUse(from, to, $"{Path.GetRelativePath(Repository.Folder, source.FilePath)}:{line} {symbol.Name}");
            }
        }
    }
}
