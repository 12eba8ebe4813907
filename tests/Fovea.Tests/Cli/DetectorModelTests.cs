using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Models;

namespace Fovea.Tests.Cli;

/// <summary>Models named HEAD:BACKBONE in the verbs that take a model's name.</summary>
public sealed class DetectorModelTests
{
    [Fact]
    public async Task Models_lists_the_heads_and_not_every_pair()
    {
        JsonObject answer = await CliRun.Succeeds("models");
        Assert.Equal(ModelRegistry.Heads, answer["heads"]!.AsArray().Select(head => (string)head!));
        Assert.DoesNotContain(answer["models"]!.AsArray(), model => ((string)model!["name"]!).Contains(':', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("retinanet:resnet50", "91", 34_068_119, "fpn head")]
    [InlineData("faster_rcnn:resnet50", "90", 41_808_406, "fpn rpn roi_heads")]
    [InlineData("mask_rcnn:resnet50", "90", 44_454_513, "fpn rpn roi_heads")]
    public async Task Info_tells_the_parts_of_a_detector_and_they_add_up(string model, string classes, long parameters, string parts)
    {
        JsonObject info = await CliRun.Succeeds("info", model, "--classes", classes, "--size", "128x192");
        Assert.Equal(parameters, (long)info["parameters"]!);
        Assert.Equal([128, 192, 3], info["input"]!.AsArray().Select(side => (int)side!));
        JsonArray stages = info["stages"]!.AsArray();
        Assert.Equal($"stem stage1 stage2 stage3 stage4 {parts}", string.Join(' ', stages.Select(part => (string)part!["name"]!)));
        Assert.Equal(parameters, stages.Sum(part => (long)part!["parameters"]!));
        Assert.Equal((long)info["macs"]!, stages.Sum(part => (long)part!["macs"]!));
        Assert.True((long)info["trainingBytes"]! > (long)info["inferenceBytes"]!);
    }

    [Theory]
    [InlineData("retinnet:cmt_ti", "retinanet:cmt_ti")]
    [InlineData("mask_rcnn:crossformer_ss", "mask_rcnn:crossformer_s")]
    [InlineData("fasterrcnn:resnet5", "faster_rcnn:resnet50")]
    [InlineData("mask_rcnn", "mask_rcnn:resnet50")]
    public async Task An_unknown_head_or_backbone_is_wrong_usage_and_the_nearest_pair_is_told(string name, string nearest)
    {
        foreach (string verb in new[] { "info", "bench", "profile", "compare", "graph" })
        {
            await CliRun.Fails(ExitCodes.WrongUsage, [$"'{name}'", $"names are {nearest},"], verb, name);
        }
    }

    [Fact]
    public async Task A_detector_is_measured_compared_and_profiled_like_any_other_model()
    {
        string[] words = ["--size", "64x96", "--threads", "2"];
        JsonObject bench = await CliRun.Succeeds(["bench", "retinanet:cmt_nano", "--seconds", "0.02", .. words]);
        Assert.True((double)bench["results"]![0]!["imagesPerSecond"]! > 0);
        bench = await CliRun.Succeeds(["bench", "retinanet:cmt_nano", "--train", "--seconds", "0.02", .. words]);
        Assert.True((long)bench["results"]![0]!["plannedBytes"]! > 0);
        JsonObject compared = await CliRun.Succeeds(["compare", "cmt_nano", "retinanet:cmt_nano", "--seconds", "0.02", .. words]);
        Assert.Equal([64, 96], compared["models"]![1]!["input"]!.AsArray().Select(side => (int)side!));
        JsonArray nodes = (await CliRun.Succeeds(["profile", "retinanet:cmt_nano", "--train", .. words]))["nodes"]!.AsArray();
        Assert.Contains(nodes, node => (string)node!["part"]! == "fpn");
        Assert.Contains(nodes, node => (string)node!["part"]! == "head" && (string)node["module"]! == "head");
    }

    [Fact]
    public async Task Graph_prints_a_detector_with_and_without_its_losses()
    {
        JsonObject graph = await CliRun.Succeeds("graph", "mask_rcnn:cmt_nano", "--size", "64", "--classes", "3");
        Assert.Equal(["boxes", "scores", "classes", "masks"], graph["outputs"]!.AsArray().Select(output => (string)output!["name"]!));
        graph = await CliRun.Succeeds("graph", "mask_rcnn:cmt_nano", "--size", "64", "--classes", "3", "--train");
        Assert.Contains(graph["outputs"]!.AsArray(), output => (string)output!["name"]! == "loss");
        Assert.NotEmpty(graph["gradients"]!.AsArray());
    }
}
