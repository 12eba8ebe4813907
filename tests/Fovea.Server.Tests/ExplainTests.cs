using System.Net;
using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Client;
using Fovea.Data;
using Fovea.Explanations;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Server.Tests;

/// <summary>Explanations and segments over HTTP.</summary>
public sealed class ExplainTests(SharedServer server) : IClassFixture<SharedServer>
{
    private const string Address = "/v1/models/tiny/explain";

    [Fact]
    public async Task Maps_are_those_of_the_library()
    {
        byte[] image = RunningServer.Images(1)[0];
        using Explainer explainer = Explainer.Load(server.Running.ModelPath);
        ExplanationOptions options = new() { Method = ExplanationMethod.LayerCam, Classes = ["3", "5"], Layer = "stage2" };
        IReadOnlyList<Explanation> expected = explainer.Explain(ImageFile.Decode(image, ""), options);

        JsonNode answer = await AskAsync($"{Address}?method=layer-cam&class=3&class=5&layer=stage2", image);

        JsonArray maps = answer["explanations"]!.AsArray();
        Assert.Equal(expected.Select(map => map.Class), maps.Select(map => (string?)map!["class"]));
        Assert.Equal(
            expected.SelectMany(map => map.Values.ToArray()),
            maps.SelectMany(map => map!["values"]!.AsArray()).Select(value => (float)value!));
    }

    [Fact]
    public async Task Every_point_is_answered_at_once()
    {
        byte[] image = RunningServer.Images(1)[0];
        using Explainer explainer = Explainer.Load(server.Running.ModelPath);
        AttentionMaps maps = explainer.Attend(ImageFile.Decode(image, ""));

        JsonArray answers = (await AskAsync($"{Address}?method=attention&at=every", image))["explanations"]!.AsArray();

        Assert.Equal(maps.Queries.Height * maps.Queries.Width, answers.Count);
        Explanation last = maps.OfCell(maps.Queries.Height - 1, maps.Queries.Width - 1);
        Assert.Equal(last.Values.ToArray(), answers[^1]!["values"]!.AsArray().Select(value => (float)value!));
        Assert.Equal([last.Query!.Value.X, last.Query.Value.Y], answers[^1]!["query"]!.AsArray().Select(value => (double)value!));
    }

    [Fact]
    public async Task Layers_and_methods_can_be_asked_for()
    {
        JsonNode answer = JsonNode.Parse(await server.Http.GetStringAsync(Address))!;

        Assert.Contains("grad-cam", answer["methods"]!.AsArray().Select(method => (string?)method));
        Assert.Contains("stage3", answer["layers"]!.AsArray().Select(layer => (string?)layer!["layer"]));
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/v1/models/other/explain")).StatusCode);
    }

    [Theory]
    [InlineData("method=guess")]
    [InlineData("method=rollout")]
    [InlineData("layer=stage9")]
    [InlineData("class=unicorn")]
    [InlineData("method=attention&head=99")]
    [InlineData("method=attention&at=here")]
    [InlineData("method=attention&at=1e9,1e9")]
    [InlineData("at=every&head=99")]
    public async Task What_cannot_be_explained_is_a_problem_and_no_fault(string query) => Assert.Equal(
        HttpStatusCode.BadRequest,
        (await server.Http.PostAsync($"{Address}?{query}", new ByteArrayContent(RunningServer.Images(1)[0]))).StatusCode);

    [Fact]
    public async Task A_class_that_is_named_twice_is_explained_once_and_more_than_sixteen_are_refused()
    {
        byte[] image = RunningServer.Images(1)[0];
        JsonNode answer = await AskAsync($"{Address}?class=3&class=5&class=3", image);
        Assert.Equal(2, answer["explanations"]!.AsArray().Count);

        string many = string.Join('&', Enumerable.Range(1, 17).Select(digits => $"class={new string('0', digits)}"));
        HttpResponseMessage refused = await server.Http.PostAsync($"{Address}?{many}", new ByteArrayContent(image));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task Segments_are_those_of_the_library()
    {
        string folder = RunningServer.NewFolder();
        string path = Path.Combine(folder, "street.safetensors");
        SegmenterOptions small = new() { Channels = 8, NeckChannels = 8 };
        using (Model model = Model.Create("semantic_fpn:resnet_nano", new ModelOptions(4, 64, 64, Segmenter: small), seed: 2))
        {
            Checkpoint.Save(path, model);
        }

        byte[] image = RunningServer.Images(1)[0];
        await using RunningServer street = await RunningServer.StartAsync(folder, [$"--Fovea:Checkpoints:0={path}"]);
        using Segmenter segmenter = Segmenter.Load(path);
        Segmentation expected = segmenter.Segment(ImageFile.Decode(image, ""));

        HttpResponseMessage response = await street.Http.PostAsync("/v1/models/street/segment", new ByteArrayContent(image));

        JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["images"]![0]!;
        Assert.Equal((36, 40), ((int)answer["height"]!, (int)answer["width"]!));
        byte[] classes = new byte[36 * 40];
        foreach (JsonNode? one in answer["classes"]!.AsArray())
        {
            byte index = (byte)expected.Shares.Single(share => share.Class == (string?)one!["class"]).Index;
            byte[] mask = new byte[classes.Length];
            RunLengthMask.Parse(36, 40, (string)one!["mask"]!["counts"]!).CopyTo(mask);
            classes = [.. classes.Zip(mask, (before, inside) => inside == 0 ? before : index)];
        }

        Assert.Equal(expected.Classes.Pixels, classes);
        ImageClassMasks typed = await new FoveaClient(street.Http).SegmentAsync("street", image);
        Assert.Equal(
            answer["classes"]!.AsArray().Select(one => ((string)one!["class"]!, (double)one["share"]!, (string)one["mask"]!["counts"]!)),
            typed.Classes.Select(one => (one.Class, one.Share, one.Mask.Counts)));
        string data = Convert.ToBase64String(image);
        string request = $$"""{"inputs":[{"name":"encoded","datatype":"BYTES","shape":[1],"data":["{{data}}"]}]}""";
        HttpResponseMessage inferred = await street.Http.PostAsync("/v2/models/street/infer", new StringContent(request));
        JsonNode output = JsonNode.Parse(await inferred.Content.ReadAsStringAsync())!["outputs"]![0]!;
        Assert.Equal(("classes", "[1,36,40]"), ((string)output["name"]!, output["shape"]!.ToJsonString()));
        Assert.Equal(expected.Classes.Pixels, output["data"]!.AsArray().Select(value => (byte)(int)value!));
    }

    [Fact]
    public async Task A_detection_is_explained_as_in_the_library()
    {
        string folder = RunningServer.NewFolder();
        string path = Path.Combine(folder, "cells.safetensors");
        DetectorOptions small = new() { Channels = 8, Convolutions = 1, ScoreThreshold = 0.005f, Detections = 3 };
        using (Model model = Model.Create("retinanet:resnet_nano", new ModelOptions(2, 64, 64, Detector: small), seed: 2))
        {
            Checkpoint.Save(path, model);
        }

        byte[] image = RunningServer.Images(1)[0];
        await using RunningServer cells = await RunningServer.StartAsync(folder, [$"--Fovea:Checkpoints:0={path}"]);
        using Explainer explainer = Explainer.Load(path);
        Explanation expected = explainer.Explain(ImageFile.Decode(image, ""), new() { Detection = 1 })[0];

        HttpResponseMessage response =
            await cells.Http.PostAsync("/v1/models/cells/explain?detection=1", new ByteArrayContent(image));

        JsonNode map = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["explanations"]![0]!;
        Assert.Equal(expected.Values.ToArray(), map["values"]!.AsArray().Select(value => (float)value!));
        Assert.Equal((1, expected.Detection!.Score), ((int)map["detection"]!["index"]!, (float)map["detection"]!["score"]!));
        Assert.Equal(expected.Detection.Box.Right, (float)map["detection"]!["box"]![2]!);
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await cells.Http.PostAsync("/v1/models/cells/explain?detection=9", new ByteArrayContent(image))).StatusCode);
    }

    private async Task<JsonNode> AskAsync(string address, byte[] image)
    {
        HttpResponseMessage response = await server.Http.PostAsync(address, new ByteArrayContent(image));
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }
}
