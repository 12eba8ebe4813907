using System.Text.Json.Nodes;
using Fovea.Cli;

namespace Fovea.Tests.Cli;

public sealed class MeasuringVerbsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bench_gives_a_line_for_each_model_batch_and_number_of_threads(bool training)
    {
        string[] words =
        [
            "bench", "cmt_nano", "resnet_nano", "--size", "32", "--batch", "1,3", "--threads", "2,1", "--seconds", "0.02", "--json",
        ];
        (int exitCode, string output, string error) = await Run(training ? [.. words, "--train"] : words);
        Assert.Equal(ExitCodes.Success, exitCode);
        JsonNode answer = JsonNode.Parse(output)!;
        Assert.True((double)answer["peakGflops"]! > 0);
        JsonArray results = answer["results"]!.AsArray();
        Assert.Equal(
            from model in new[] { "cmt_nano", "resnet_nano" }
            from batch in new[] { 1, 3 }
            from threads in new[] { 2, 1 }
            select (model, batch, threads),
            results.Select(line => ((string)line!["model"]!, (int)line["batch"]!, (int)line["threads"]!)));
        foreach (JsonNode? line in results)
        {
            Assert.InRange((double)line!["best"]!, 1e-3, (double)line["milliseconds"]!);
            Assert.Equal(1000 * (int)line["batch"]! / (double)line["milliseconds"]!, (double)line["imagesPerSecond"]!, 1e-6);
            Assert.Equal((double)line["gflops"]! / (double)line["peakGflops"]!, (double)line["peakFraction"]!, 1e-9);
            Assert.True((long)line["plannedBytes"]! > 0);
            Assert.Contains((string)line["model"]!, error, StringComparison.Ordinal);
        }

        JsonNode nano = JsonNode.Parse((await Run("info", "cmt_nano", "--size", "32", "--json")).Output)!;
        double multiplyAdds = (long)nano["macs"]! * (training ? 3 : 1);
        Assert.Equal(2e-9 * multiplyAdds * (double)results[0]!["imagesPerSecond"]!, (double)results[0]!["gflops"]!, 1e-6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Profile_tells_every_node_and_its_sums_add_up(bool training)
    {
        using TemporaryFolder folder = new();
        string html = folder.File("profile.html");
        string[] words = ["profile", "cmt_nano", "--batch", "2", "--threads", "1", "--html", html, "--json"];
        (int exitCode, string output, string error) = await Run(training ? [.. words, "--train"] : words);
        Assert.Equal(ExitCodes.Success, exitCode);
        JsonNode answer = JsonNode.Parse(output)!;
        JsonArray nodes = answer["nodes"]!.AsArray();
        Assert.Equal((double)answer["milliseconds"]!, nodes.Sum(node => (double)node!["microseconds"]!) / 1000, 1e-6);
        Assert.Contains(
            nodes,
            node => (string)node!["module"]! == "blocks_b.0.attn"
                && ((string)node["operation"]!).StartsWith("Attention", StringComparison.Ordinal));
        Assert.Contains(nodes, node => (string)node!["part"]! == "stage2");

        // Copies at the end of a training step belong to no node.
        Assert.All(nodes.SkipLast(training ? 1 : 0), node => Assert.True((long)node!["bytes"]! > 0));
        if (!training)
        {
            long multiplyAdds = (long)JsonNode.Parse((await Run("info", "cmt_nano", "--json")).Output)!["macs"]!;
            Assert.Equal(2 * multiplyAdds, nodes.Sum(node => (long)node!["macs"]!));
        }

        Assert.Contains("stage2", error, StringComparison.Ordinal);
        string image = File.ReadAllText(html);
        Assert.Contains("blocks_b", image, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", image, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_with_data_tells_which_of_loader_and_network_waits()
    {
        using TemporaryFolder folder = new();
        string data = TinyImages.Write(folder.File("data"), each: 4);
        JsonObject answer = await CliRun.Succeeds(
            "bench", "cmt_nano", "pit_nano", "--data", data, "--batch", "4", "--threads", "1", "--seconds", "0.05");
        JsonArray results = answer["results"]!.AsArray();
        Assert.Equal(["cmt_nano", "pit_nano"], results.Select(line => (string)line!["model"]!));
        foreach (JsonNode? line in results)
        {
            Assert.Equal((4, 1), ((int)line!["batch"]!, (int)line["threads"]!));
            Assert.InRange((double)line["waiting"]!, 0, 1);
            Assert.InRange((double)line["slowdown"]!, 0, 1);
            Assert.All(
                ["loaderImagesPerSecond", "networkImagesPerSecond", "imagesPerSecond"],
                (string rate) => Assert.True((double)line[rate]! > 0, rate));
        }
    }

    [Theory]
    [InlineData("bench", "cmt_nano", "--batch", "1,x")]
    [InlineData("bench", "cmt_nano", "--batch", "0")]
    [InlineData("bench", "cmt_nano", "--threads", "1,,2")]
    [InlineData("bench", "cmt_nano", "--seconds", "-1")]
    [InlineData("bench", "cmt_mano", "--batch", "1")]
    [InlineData("profile", "cmt_nano", "--batch", "0")]
    [InlineData("profile", "cmt_nano", "--top", "0")]
    public async Task Wrong_numbers_are_wrong_usage_and_named(params string[] words)
    {
        (int exitCode, _, string error) = await Run(words);
        Assert.Equal(ExitCodes.WrongUsage, exitCode);
        Assert.Contains(words[1] == "cmt_mano" ? words[1] : words[2], error, StringComparison.Ordinal);
    }

    private static Task<(int ExitCode, string Output, string Error)> Run(params string[] words) => CliRun.Run(words);
}
