using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Fovea.Claims.Tests;

/// <summary>The files of this repository, and what is needed to compile C# against them.</summary>
internal static class Repository
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>The repository's folder.</summary>
    public static string Folder { get; } = Find(AppContext.BaseDirectory);

    /// <summary>How every file here is parsed.</summary>
    public static CSharpParseOptions Parsing { get; } = new(LanguageVersion.Preview);

    /// <summary>Assemblies of the framework and of the packages and projects that these tests run with.</summary>
    public static IReadOnlyList<MetadataReference> References { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>The namespaces that every file of a project has in scope.</summary>
    public static SyntaxTree GlobalUsings { get; } = CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing, path: "GlobalUsings.g.cs");

    /// <summary>Source files below a folder of the repository, without what builds made.</summary>
    /// <param name="folder">A folder such as <c>src/Fovea</c>.</param>
    /// <param name="pattern">The files' pattern.</param>
    public static IEnumerable<string> Files(string folder, string pattern = "*.cs") => Directory
        .EnumerateFiles(Path.Combine(Folder, folder), pattern, SearchOption.AllDirectories)
        .Where(path => !Path.GetRelativePath(Folder, path)
            .Split(Path.DirectorySeparatorChar)
            .Any(part => part is "bin" or "obj"))
        .Order(StringComparer.Ordinal);

    /// <summary>A compilation of sources as a library, or as a program where they have statements of their own.</summary>
    /// <param name="name">The assembly's name, which decides whose internals it sees.</param>
    /// <param name="sources">Parsed files.</param>
    /// <param name="references">Assemblies.</param>
    /// <param name="kind">Library or program.</param>
    public static CSharpCompilation Compile(
        string name,
        IEnumerable<SyntaxTree> sources,
        IEnumerable<MetadataReference> references,
        OutputKind kind = OutputKind.DynamicallyLinkedLibrary) =>
        CSharpCompilation.Create(
            name,
            [GlobalUsings, .. sources],
            references,
            new CSharpCompilationOptions(kind, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "Fovea.slnx"))
        ? folder
        : Find(
            Path.GetDirectoryName(folder)
            ?? throw new DirectoryNotFoundException("These tests run inside the repository, which has a file Fovea.slnx."));
}
