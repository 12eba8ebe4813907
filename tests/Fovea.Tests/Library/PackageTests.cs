using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Library;

/// <summary>The packages, made and used without a network: folders are the only sources.</summary>
public sealed partial class PackageTests : IClassFixture<PackageTests.Packed>
{
    private readonly Packed _packed;

    public PackageTests(Packed packed) => _packed = packed;

    [Fact]
    public void Packing_the_solution_gives_the_libraries_and_a_tool_with_their_symbols_and_nothing_else() => Assert.Equal(
        new[] { "Fovea", "Fovea.Cli", "Fovea.Client", "Fovea.Engine", "Fovea.Server" }
            .SelectMany(id => new[] { $"{id}.{Packed.Version}.nupkg", $"{id}.{Packed.Version}.snupkg" })
            .Order(StringComparer.Ordinal),
        _packed.Made.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("Fovea.Engine", "lib/net10.0/")]
    [InlineData("Fovea", "lib/net10.0/")]
    [InlineData("Fovea.Client", "lib/net10.0/")]
    [InlineData("Fovea.Server", "lib/net10.0/")]
    [InlineData("Fovea.Cli", "tools/net10.0/any/")]
    public void A_package_says_what_it_is_and_holds_what_belongs_to_it(string id, string folder)
    {
        using ZipArchive package = ZipFile.OpenRead(_packed.File($"{id}.{Packed.Version}.nupkg"));
        using Stream nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        XElement metadata = XDocument.Load(nuspec).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
        string Field(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
        Assert.Equal((id, "MIT", "README.md", "The Fovea authors"), (Field("id"), Field("license"), Field("readme"), Field("authors")));
        Assert.True(Field("description").Length > 40 && Field("tags").Split(' ').Length > 4, metadata.ToString());
        Assert.DoesNotContain(metadata.Elements(), element => element.Name.LocalName is "repository" or "projectUrl" or "iconUrl");

        string[] names = [.. package.Entries.Select(entry => entry.FullName)];
        string extra = folder[0] == 'l' ? $"{folder}{id}.xml" : $"{folder}DotnetToolSettings.xml";
        string[] wanted = ["README.md", "LICENSE", $"{folder}{id}.dll", extra];
        Assert.All(wanted, name => Assert.Contains(name, names));
        using ZipArchive symbols = ZipFile.OpenRead(_packed.File($"{id}.{Packed.Version}.snupkg"));
        Assert.Contains(symbols.Entries, entry => entry.FullName == $"{folder}{id}.pdb");
        if (ChildProcess.Configuration == "Release")
        {
            using MemoryStream assembly = new();
            package.GetEntry($"{folder}{id}.dll")!.Open().CopyTo(assembly);
            Assert.True(
                assembly.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(ChildProcess.Repository)) < 0,
                "The assembly tells where it was built.");
        }
    }

    [Fact]
    public void What_the_readmes_show_compiles_and_runs_from_the_packages_alone()
    {
        string folder = _packed.NewFolder("consumer");
        Network network = ModelRegistry.Create("cmt_nano", new ModelOptions(Classes: 2));
        using ParameterStore state = new(network);
        state.Initialize(1);
        Checkpoint.Save(
            Path.Combine(folder, "best.safetensors"),
            new ModelInfo(
                "cmt_nano",
                new ModelOptions(Classes: 2),
                ["cat", "dog"],
                new Preprocessing { Height = network.Height, Width = network.Width }),
            state);
        File.WriteAllBytes(Path.Combine(folder, "image.png"), PngEncoder.Encode(new Image(40, 30, 1, new byte[1200])));

        string[] blocks =
        [
            .. new[] { "Fovea.Engine", "Fovea" }
                .Select(project => File.ReadAllText(Path.Combine(ChildProcess.Repository, "src", project, "README.md")))
                .SelectMany(readme => CodeBlock().Matches(readme).Select(match => match.Groups[1].Value)),
        ];
        Assert.Equal(3, blocks.Length);
        string[] usings = [.. blocks.SelectMany(block => Using().Matches(block).Select(match => match.Value.Trim())).Distinct()];
        IEnumerable<string> bodies = blocks.Select(block => $"{{\n{Using().Replace(block, "")}}}");
        File.WriteAllText(Path.Combine(folder, "Program.cs"), string.Join('\n', usings.Concat(bodies)));
        File.WriteAllText(Path.Combine(folder, "consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Fovea" Version="{Packed.Version}" />
              </ItemGroup>
            </Project>
            """);

        ChildProcess.Dotnet(folder, ["build", "-nodeReuse:false", "-verbosity:quiet"], _packed.Environment);
        string output = ChildProcess.Dotnet(folder, [Path.Combine("bin", "Debug", "net10.0", "consumer.dll")]);
        Assert.Matches(@"(cat|dog)  \d+\.\d %", output);
        Assert.Contains("10 x 10 x 184", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tool_installs_and_runs()
    {
        string folder = _packed.NewFolder("tool");
        ChildProcess.Dotnet(
            folder,
            ["tool", "install", "Fovea.Cli", "--tool-path", folder, "--version", Packed.Version],
            _packed.Environment);
        using ChildProcess version = new(Path.Combine(folder, OperatingSystem.IsWindows() ? "fovea.exe" : "fovea"), ["version"], folder);
        Assert.Contains($"fovea      {Packed.Version}", version.End(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_tool_carries_the_networks_that_ship()
    {
        using ZipArchive package = ZipFile.OpenRead(_packed.File($"Fovea.Cli.{Packed.Version}.nupkg"));
        string models = Path.Combine(ChildProcess.Repository, "models");
        Assert.Equal(
            Directory.EnumerateFiles(models, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(models, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
            package.Entries
                .Select(entry => entry.FullName.Split("/models/", 2))
                .Where(parts => parts.Length == 2)
                .Select(parts => parts[1])
                .Order(StringComparer.Ordinal));
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"^using [\w.]+;\n", RegexOptions.Multiline)]
    private static partial Regex Using();

    /// <summary>A source with the packages of this repository; those of others come from what was restored to build it.</summary>
    public sealed class Packed : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Packed()
        {
            string feed = NewFolder("feed");
            ChildProcess.Dotnet(
                ChildProcess.Repository,
                [
                    "pack", "Fovea.slnx", "--no-build", "--configuration", ChildProcess.Configuration, "--output", feed,
                    "-nodeReuse:false", "-verbosity:quiet",
                ]);
            Made = [.. Directory.GetFiles(feed).Select(file => Path.GetFileName(file))];
            string[] locals = ["nuget", "locals", "global-packages", "--list", "--force-english-output"];
            string restored = ChildProcess.Dotnet(ChildProcess.Repository, locals).Split(": ", 2)[1].Trim();
            System.IO.File.WriteAllText(_folder.File("NuGet.Config"), $"""
                <configuration>
                  <packageSources>
                    <clear />
                    <add key="feed" value="{feed}" />
                    <add key="restored" value="{restored}" />
                  </packageSources>
                  <packageSourceMapping>
                    <packageSource key="feed"><package pattern="Fovea" /><package pattern="Fovea.*" /></packageSource>
                    <packageSource key="restored"><package pattern="*" /></packageSource>
                  </packageSourceMapping>
                </configuration>
                """);
        }

        public static string Version { get; } = typeof(FoveaException).Assembly.GetName().Version!.ToString(3);

        /// <summary>The files that packing made.</summary>
        public IReadOnlyList<string> Made { get; }

        /// <summary>
        /// Unpacked packages stay in the temporary folder, so that no earlier build of the same version is taken for this one.
        /// </summary>
        public (string Name, string Value)[] Environment => [("NUGET_PACKAGES", _folder.File("unpacked"))];

        public string File(string package) => Path.Combine(_folder.File("feed"), package);

        public string NewFolder(string name) => Directory.CreateDirectory(_folder.File(name)).FullName;

        public void Dispose() => _folder.Dispose();
    }
}
