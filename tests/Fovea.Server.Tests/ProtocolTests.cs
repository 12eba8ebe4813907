using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Fovea.Data;

namespace Fovea.Server.Tests;

/// <summary>The Open Inference Protocol, with the shapes that its page publishes.</summary>
public sealed class ProtocolTests(SharedServer server) : IClassFixture<SharedServer>
{
    private const string Infer = "/v2/models/tiny/infer";

    [Fact]
    public async Task The_server_and_its_models_tell_of_themselves()
    {
        Assert.Equal("""{"live":true}""", await server.Http.GetStringAsync("/v2/health/live"));
        Assert.Equal("""{"ready":true,"state":"ready"}""", await server.Http.GetStringAsync("/v2/health/ready"));
        Assert.Equal("""{"name":"tiny","ready":true}""", await server.Http.GetStringAsync("/v2/models/tiny/ready"));
        JsonNode whole = JsonNode.Parse(await server.Http.GetStringAsync("/v2"))!;
        Assert.Equal("fovea", (string)whole["name"]!);
        JsonNode model = JsonNode.Parse(await server.Http.GetStringAsync("/v2/models/tiny"))!;
        Assert.Equal("""{"name":"images","datatype":"FP32","shape":[-1,32,32,3]}""", model["inputs"]![0]!.ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/v2/models/other")).StatusCode);
    }

    [Fact]
    public async Task A_tensor_gets_the_probabilities_of_its_image()
    {
        float[] prepared = Prepared();
        JsonObject request = Request("images", "FP32", [1, 32, 32, 3], new JsonArray([.. prepared.Select(value => (JsonNode)value)]));

        JsonNode answer = await AnswerAsync(request);

        Assert.Equal("42", (string)answer["id"]!);
        Assert.Equal("tiny", (string)answer["model_name"]!);
        JsonNode output = answer["outputs"]![0]!;
        Assert.Equal("probabilities", (string)output["name"]!);
        Assert.Equal("[1,7]", output["shape"]!.ToJsonString());
        Assert.Equal(Expected(prepared), output["data"]!.AsArray().Select(value => (float)value!));
    }

    [Fact]
    public async Task A_tensor_with_its_channels_first_is_the_same_image()
    {
        float[] prepared = Prepared();
        IEnumerable<JsonNode> planes = Enumerable.Range(0, 3).SelectMany(channel =>
            Enumerable.Range(0, 32 * 32).Select(pixel => (JsonNode)prepared[(pixel * 3) + channel]));

        JsonNode answer = await AnswerAsync(Request("images", "FP32", [1, 3, 32, 32], new JsonArray([.. planes])));

        Assert.Equal(Expected(prepared), answer["outputs"]![0]!["data"]!.AsArray().Select(value => (float)value!));
    }

    [Fact]
    public async Task Tensors_behind_the_json_have_the_same_bits()
    {
        float[] prepared = Prepared();
        JsonObject request = Request("images", "FP32", [1, 32, 32, 3], null);
        request["inputs"]![0]!["parameters"] = new JsonObject { ["binary_data_size"] = prepared.Length * sizeof(float) };
        request["outputs"] = new JsonArray(
            new JsonObject { ["name"] = "probabilities", ["parameters"] = new JsonObject { ["binary_data"] = true } });
        byte[] json = Encoding.UTF8.GetBytes(request.ToJsonString());
        ByteArrayContent body = new([.. json, .. MemoryMarshal.AsBytes<float>(prepared)]);
        body.Headers.Add("Inference-Header-Content-Length", $"{json.Length}");

        HttpResponseMessage response = await server.Http.PostAsync(Infer, body);

        byte[] answer = await response.Content.ReadAsByteArrayAsync();
        int length = int.Parse(Assert.Single(response.Headers.GetValues("Inference-Header-Content-Length")));
        Assert.Equal(Expected(prepared), MemoryMarshal.Cast<byte, float>(answer.AsSpan(length)).ToArray());
    }

    [Fact]
    public async Task An_encoded_image_gets_its_class()
    {
        byte[] image = RunningServer.Images(1)[0];

        JsonNode answer = await AnswerAsync(Request("encoded", "BYTES", [1], new JsonArray(Convert.ToBase64String(image))));

        string expected = server.Classifier.Predict(ImageFile.Decode(image, ""), 1)[0].Class;
        Assert.Equal(expected, (string)answer["outputs"]![1]!["data"]![0]!);
    }

    [Theory]
    [InlineData("""{"inputs":[{"name":"images","datatype":"FP32","shape":[1,32,32,3],"data":[1,2,3]}]}""")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"FP32","shape":[9000000000000000000,32,32,3],"data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"FP32","shape":[-1,32,32,3],"data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"FP32","shape":[1,2],"data":[1,2]}]}""")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"FP32","shape":[1,32,32,3],"data":["a"]}]}""")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"FP32","shape":[1,32,32,3],"parameters":{"binary_data_size":99}}]}""")]
    [InlineData("""{"inputs":[{"name":"encoded","datatype":"BYTES","shape":[2],"data":["aGFsbG8="]}]}""")]
    [InlineData("""{"inputs":[{"name":"encoded","datatype":"BYTES","shape":[1],"data":["not base64"]}]}""")]
    [InlineData("""{"id":"42","inputs":[{"name":"input0","shape":[2,2],"datatype":"UINT32","data":[1,2,3,4]}]}""")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"FP32","shape":[],"data":[]}],"outputs":[{"name":"output0"}]}""")]
    [InlineData("""{"inputs":[null]}""")]
    [InlineData("""{"inputs":[{}]}""")]
    [InlineData("""{}""")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[")]
    public async Task A_request_that_lies_is_refused(string json)
    {
        HttpResponseMessage response = await server.Http.PostAsync(Infer, new StringContent(json));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonNode problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((string)problem["detail"]!, (string)problem["error"]!);
    }

    [Fact]
    public async Task A_compressed_request_is_refused_and_not_taken_for_a_damaged_one()
    {
        ByteArrayContent body = new([0x1f, 0x8b, 8, 0]);
        body.Headers.ContentEncoding.Add("gzip");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await server.Http.PostAsync(Infer, body)).StatusCode);
    }

    private static JsonObject Request(string name, string datatype, int[] shape, JsonArray? data)
    {
        JsonObject input = new()
        {
            ["name"] = name,
            ["shape"] = new JsonArray([.. shape.Select(length => (JsonNode)length)]),
            ["datatype"] = datatype,
        };
        if (data is not null)
        {
            input["data"] = data;
        }

        return new JsonObject { ["id"] = "42", ["inputs"] = new JsonArray(input) };
    }

    private async Task<JsonNode> AnswerAsync(JsonObject request)
    {
        HttpResponseMessage response = await server.Http.PostAsync(Infer, new StringContent(request.ToJsonString()));
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private float[] Prepared()
    {
        float[] prepared = new float[server.Classifier.Info.Preprocessing.Length];
        server.Classifier.Info.Preprocessing.Apply(ImageFile.Decode(RunningServer.Images(1)[0], ""), prepared);
        return prepared;
    }

    private float[] Expected(float[] prepared)
    {
        float[] probabilities = new float[7];
        server.Classifier.Predict(prepared, probabilities);
        return probabilities;
    }
}
