using System.Reflection;
using PublicApiGenerator;

namespace Fovea.Claims.Tests;

/// <summary>
/// The public surface of the libraries against its baseline, so that no change of it goes unseen. <c>FOVEA_WRITE_API=1</c> writes the
/// baseline anew: then its difference is part of the commit, and of the changelog.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly ApiGeneratorOptions _options = new() { IncludeAssemblyAttributes = false };

    [Theory]
    [InlineData("Fovea.Engine")]
    [InlineData("Fovea")]
    [InlineData("Fovea.Client")]
    [InlineData("Fovea.Server")]
    public void The_public_surface_is_that_of_the_baseline(string name)
    {
        string api = Assembly.Load(name).GeneratePublicApi(_options).ReplaceLineEndings("\n") + "\n";
        string path = Path.Combine(Repository.Folder, "tests/Fovea.Claims.Tests/PublicApi", $"{name}.txt");
        if (Environment.GetEnvironmentVariable("FOVEA_WRITE_API") == "1")
        {
            File.WriteAllText(path, api);
        }

        string[] known = File.ReadAllLines(path);
        string[] now = api.Split('\n');
        Assert.True(
            known.SequenceEqual(now.SkipLast(1)),
            $"The public surface of {name} has changed (FOVEA_WRITE_API=1 accepts it):\n"
            + string.Join(
                '\n', now.Except(known).Select(line => $"+ {line}").Concat(known.Except(now).Select(line => $"- {line}")).Take(30)));
    }

    [Fact]
    public void Operations_that_only_the_compiler_makes_are_not_public() =>
        Assert.DoesNotContain(
            typeof(Engine.Graph.Operation).Assembly.GetExportedTypes(), type => type.Name.EndsWith("Gradient", StringComparison.Ordinal));
}
