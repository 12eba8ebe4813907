using System.Text.Json.Nodes;
using Xunit.Sdk;

namespace Fovea.Tests.Golden;

public sealed class GoldenRecipeTests
{
    [Theory]
    [InlineData("lookahead")]
    [InlineData("objective.gamma")]
    [InlineData("optimizer.amsgrad")]
    public void A_member_that_the_runner_does_not_know_fails_the_case_by_name(string member)
    {
        using TemporaryFolder folder = new();
        string source = Path.Combine(AppContext.BaseDirectory, "Golden", "cases", "resnet_1111.curve_nesterov.json");
        JsonObject root = JsonNode.Parse(File.ReadAllText(source))!.AsObject();
        string[] names = member.Split('.');
        (names.Length == 1 ? root : root[names[0]]!.AsObject())[names[^1]] = 1;
        string path = folder.File("case.json");
        File.WriteAllText(path, root.ToJsonString());
        XunitException error = Assert.ThrowsAny<XunitException>(() => new GoldenRecipe(new GoldenCase(path)).Dispose());
        Assert.Contains($"{member} is not known", error.Message, StringComparison.Ordinal);
    }
}
