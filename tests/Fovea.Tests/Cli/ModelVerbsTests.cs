using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Tests.Models;

namespace Fovea.Tests.Cli;

public sealed class ModelVerbsTests
{
    [Fact]
    public async Task Models_lists_every_registered_model()
    {
        (int exitCode, string output, string error) = await Run("models", "--json");
        Assert.Equal(ExitCodes.Success, exitCode);
        JsonArray models = JsonNode.Parse(output)!["models"]!.AsArray();
        Assert.Equal(BuiltInModels.Names, models.Select(model => (string)model!["name"]!).Where(BuiltInModels.IsBuiltIn));
        Assert.All(BuiltInModels.Names, name => Assert.Contains(name, error, StringComparison.Ordinal));
        JsonNode tiny = models.Single(model => (string)model!["name"]! == "cmt_ti")!;
        Assert.Equal((9_492_426, 638_904_600), ((long)tiny["parameters"]!, (long)tiny["macs"]!));
        Assert.Equal([160, 160], tiny["input"]!.AsArray().Select(side => (int)side!));
    }

    [Theory]
    [InlineData("cmt_ti", 160, 9_492_426, 638_904_600)]
    [InlineData("cmt_xs", 192, 15_247_208, 1_546_873_472)]
    [InlineData("cmt_b", 256, 45_715_076, 9_317_124_096)]
    [InlineData("cmt_ti_flyegle", 160, 11_312_526, 674_593_240)]
    public async Task Info_gives_the_figures_of_the_reference_and_its_parts_add_up(
        string model, int side, long parameters, long multiplyAdds)
    {
        JsonNode info = await Info(model);
        Assert.Equal((model, parameters, multiplyAdds), ((string)info["model"]!, (long)info["parameters"]!, (long)info["macs"]!));
        Assert.Equal([side, side, 3], info["input"]!.AsArray().Select(extent => (int)extent!));
        JsonArray parts = info["stages"]!.AsArray();
        Assert.Equal(["stem", "stage1", "stage2", "stage3", "stage4", "head"], parts.Select(part => (string)part!["name"]!));
        Assert.Equal([2, 4, 8, 16, 32, null], parts.Select(part => (int?)part!["stride"]));
        Assert.Equal(parameters, parts.Sum(part => (long)part!["parameters"]!));
        Assert.Equal(multiplyAdds, parts.Sum(part => (long)part!["macs"]!));
        foreach (JsonNode? part in parts.SkipLast(1))
        {
            int stride = (int)part!["stride"]!;
            Assert.Equal([side / stride, side / stride, (int)part["channels"]!], part["output"]!.AsArray().Select(extent => (int)extent!));
        }
    }

    [Fact]
    public async Task Graph_prints_a_model_before_and_after_passes()
    {
        (int exitCode, string output, _) = await Run("graph", "cmt_nano", "--classes", "3", "--batch", "2", "--size", "64x32");
        Assert.Equal(ExitCodes.Success, exitCode);
        Assert.StartsWith("inference graph, ", output, StringComparison.Ordinal);
        Assert.Contains("%images [2, 64, 32, 3] = Input", output, StringComparison.Ordinal);
        Assert.Contains("output logits = %", output, StringComparison.Ordinal);
        Assert.Contains(" = ReciprocalSqrt %", output, StringComparison.Ordinal);
        (_, string fused, _) = await Run("graph", "cmt_nano", "--classes", "3", "--after", "fuse-epilogues");
        Assert.Contains("Convolution + bias GELU scale shift (3×3, stride 1, padding 1) %", fused, StringComparison.Ordinal);

        (exitCode, string json, _) = await Run("graph", "cmt_nano", "--train", "--after", "recompute-for-backward", "--json");
        Assert.Equal(ExitCodes.Success, exitCode);
        JsonNode answer = JsonNode.Parse(json)!;
        JsonArray nodes = answer["nodes"]!.AsArray();
        Assert.Equal(Enumerable.Range(0, nodes.Count), nodes.Select(node => (int)node!["index"]!));
        Assert.All(
            nodes,
            node => Assert.All(node!["operands"]!.AsArray(), operand => Assert.True((int)operand!["node"]! < (int)node["index"]!)));
        Assert.Contains(nodes, node => (string)node!["operation"]! == "CrossEntropy");
        Assert.NotEmpty(answer["gradients"]!.AsArray());

        (exitCode, _, string error) = await Run("graph", "cmt_nano", "--after", "fuse-everything");
        Assert.Equal(ExitCodes.WrongUsage, exitCode);
        Assert.Contains(
            "fold-affine-into-linear, fold-depthwise-residual, fuse-epilogues, fuse-pointwise", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_grows_with_the_batch_and_training_takes_more_than_inference()
    {
        JsonNode one = await Info("cmt_nano");
        JsonNode many = await Info("cmt_nano", "--batch", "64");
        Assert.Equal((long)one["macs"]!, (long)many["macs"]!);
        Assert.True((long)many["inferenceBytes"]! > (long)one["inferenceBytes"]!);
        Assert.True((long)many["trainingBytes"]! > 10 * (long)one["trainingBytes"]! / 2);

        // Weights, gradients and AdamW's two moments alone are four times the parameters.
        Assert.True((long)one["trainingBytes"]! > 4 * sizeof(float) * (long)one["parameters"]!);
        Assert.True((long)one["inferenceBytes"]! > sizeof(float) * (long)one["parameters"]!);
    }

    [Fact]
    public async Task Size_and_classes_are_part_of_the_model()
    {
        JsonNode info = await Info("cmt_ti", "--size", "192x256", "--classes", "10");
        Assert.Equal([192, 256, 3], info["input"]!.AsArray().Select(extent => (int)extent!));
        Assert.Equal([48, 64, 46], info["stages"]![1]!["output"]!.AsArray().Select(extent => (int)extent!));
        Assert.Equal(10, (int)info["stages"]!.AsArray()[^1]!["channels"]!);
        JsonNode square = await Info("cmt_ti", "--size", "224");
        Assert.Equal(9_705_546, (long)square["parameters"]!);
    }

    [Fact]
    public async Task A_size_that_the_model_cannot_take_is_wrong_usage_and_names_one_that_fits()
    {
        foreach ((string model, string size, string[] words) in new (string, string, string[])[]
        {
            ("cmt_nano", "30", ["30×30", "multiples of 8", "32×32"]),
            ("cmt_ti", "30", ["30×30", "multiples of 32", "32×32"]),
            ("cmt_ti", "160x170", ["160×170", "160×160"]),
            ("cmt_ti_flyegle", "192x160", ["192×160", "192×192"]),
            ("cmt_ti", "large", ["--size large", "224"]),
            ("cmt_ti", "0", ["--size 0"]),
            ("cmt_ti", "1x2x3", ["--size 1x2x3"]),
        })
        {
            (int exitCode, string output, string error) = await Run("info", model, "--size", size);
            Assert.Equal((ExitCodes.WrongUsage, ""), (exitCode, output));
            Assert.All(words, word => Assert.Contains(word, error, StringComparison.Ordinal));
            Assert.Equal(1, error.Count(character => character == '\n'));
        }
    }

    [Fact]
    public async Task Compare_puts_models_side_by_side_with_measured_speed()
    {
        (int exitCode, string output, string error) = await Run(
            "compare", "cmt_nano", "botnet50", "--size", "64", "--batch", "2", "--threads", "1", "--seconds", "0.05", "--json");
        Assert.Equal(ExitCodes.Success, exitCode);
        JsonNode result = JsonNode.Parse(output)!;
        Assert.Equal((2, 1), ((int)result["batch"]!, (int)result["threads"]!));
        Assert.True((double)result["peakGflops"]! > 0);
        JsonArray models = result["models"]!.AsArray();
        Assert.Equal(["cmt_nano", "botnet50"], models.Select(model => (string)model!["model"]!));
        foreach (JsonNode? model in models)
        {
            JsonNode info = await Info((string)model!["model"]!, "--size", "64", "--batch", "2");
            Assert.Equal((long)info["parameters"]!, (long)model["parameters"]!);
            Assert.Equal((long)info["macs"]!, (long)model["macs"]!);
            Assert.InRange((double)model["best"]!, 1e-3, (double)model["milliseconds"]!);
            Assert.Equal(2000 / (double)model["milliseconds"]!, (double)model["imagesPerSecond"]!, 1e-6);
            Assert.Equal(
                2e-9 * (long)model["macs"]! * (double)model["imagesPerSecond"]! / (double)result["peakGflops"]!,
                (double)model["peakFraction"]!,
                1e-9);
            Assert.Contains((string)model["model"]!, error, StringComparison.Ordinal);
        }

        Assert.Equal(ExitCodes.WrongUsage, (await Run("compare", "cmt_nano", "--seconds", "0")).ExitCode);
        Assert.Equal(ExitCodes.WrongUsage, (await Run("compare", "cmt_nano", "resnet5")).ExitCode);
    }

    [Fact]
    public async Task An_unknown_model_is_wrong_usage_and_the_nearest_names_are_told()
    {
        (int exitCode, string output, _) = await Run("info", "CMT_ti_articel", "--json");
        Assert.Equal(ExitCodes.WrongUsage, exitCode);
        string message = (string)JsonNode.Parse(output)!["error"]!;
        Assert.Contains("'CMT_ti_articel'", message, StringComparison.Ordinal);
        Assert.Contains("names are cmt_ti_flyegle,", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_below_one_are_wrong_usage()
    {
        foreach (string option in new[] { "--batch", "--classes" })
        {
            (int exitCode, _, string error) = await Run("info", "cmt_nano", option, "0");
            Assert.Equal(ExitCodes.WrongUsage, exitCode);
            Assert.Contains($"{option} 0", error, StringComparison.Ordinal);
        }

        Assert.Equal(ExitCodes.WrongUsage, (await Run("info")).ExitCode);
    }

    [Fact]
    public async Task Every_verb_has_help_that_names_its_options()
    {
        (_, string all, _) = await Run("--help");
        foreach (Verb verb in CommandLine.Verbs())
        {
            string name = verb.Command.Name;
            Assert.Contains(name, all, StringComparison.Ordinal);
            (int exitCode, string help, string error) = await Run(name, "--help");
            Assert.Equal((ExitCodes.Success, ""), (exitCode, error));
            Assert.Contains($"fovea {name}", help, StringComparison.Ordinal);
            Assert.Contains("--json", help, StringComparison.Ordinal);
            Assert.All(verb.Command.Options, option =>
            {
                Assert.Equal(!option.Hidden, help.Contains(option.Name, StringComparison.Ordinal));
                Assert.False(string.IsNullOrEmpty(option.Description));
            });
        }
    }

    private static async Task<JsonNode> Info(params string[] arguments)
    {
        (int exitCode, string output, string error) = await Run(["info", .. arguments, "--json"]);
        Assert.True(exitCode == ExitCodes.Success, error);
        return JsonNode.Parse(output)!;
    }

    private static async Task<(int ExitCode, string Output, string Error)> Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int exitCode = await CommandLine.InvokeAsync(arguments, output, error);
        return (exitCode, output.ToString(), error.ToString());
    }
}
