using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Tasks;

namespace Fovea.Server.Tests;

public sealed class PredictTests(SharedServer server) : IClassFixture<SharedServer>
{
    private const string Address = "/v1/models/tiny/predict";

    [Fact]
    public async Task Images_that_run_together_have_the_bits_that_each_has_alone()
    {
        byte[][] images = RunningServer.Images(13);

        HttpResponseMessage response = await server.Http.PostAsync($"{Address}?top=7", SharedServer.Form(images));

        Assert.Equal("8", Assert.Single(response.Headers.GetValues("Fovea-Batch")));
        JsonArray predictions = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["predictions"]!.AsArray();
        Assert.Equal(images.Length, predictions.Count);
        for (int i = 0; i < images.Length; i++)
        {
            Assert.Equal($"{i}.png", (string)predictions[i]!["image"]!);
            Assert.Equal(
                server.Classifier.Predict(ImageFile.Decode(images[i], ""), 7),
                predictions[i]!["classes"]!.AsArray().Select(one => new Prediction((string)one!["class"]!, (float)one["probability"]!)));
        }
    }

    [Fact]
    public async Task An_image_is_the_body_whatever_its_content_type_says()
    {
        byte[] image = RunningServer.Images(1)[0];
        ByteArrayContent body = new(image);
        body.Headers.ContentType = new("application/x-www-form-urlencoded");

        string answer = await (await server.Http.PostAsync(Address, body)).Content.ReadAsStringAsync();

        Prediction best = server.Classifier.Predict(ImageFile.Decode(image, ""), 1)[0];
        Assert.StartsWith(
            FormattableString.Invariant(
                $$"""{"predictions":[{"image":"image","classes":[{"class":"{{best.Class}}","probability":{{best.Probability}}},"""),
            answer,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_cannot_be_read_does_not_cost_the_others_their_answers()
    {
        byte[] image = RunningServer.Images(1)[0];

        JsonNode answer = JsonNode.Parse(
            await (await server.Http.PostAsync(Address, SharedServer.Form(image[..60], image))).Content.ReadAsStringAsync())!;

        Assert.Equal("1.png", (string)Assert.Single(answer["predictions"]!.AsArray())!["image"]!);
        Assert.Equal("0.png", (string)Assert.Single(answer["failures"]!.AsArray())!["image"]!);
    }

    public static TheoryData<string, byte[], HttpStatusCode, string> Hostile() => new()
    {
        { "another kind", Encoding.ASCII.GetBytes("%PDF-1.7 and more"), HttpStatusCode.UnsupportedMediaType, "a PDF document" },
        { "no kind", [1, 2, 3, 4, 5, 6, 7, 8, 9], HttpStatusCode.UnsupportedMediaType, "no picture" },
        { "nothing", [], HttpStatusCode.BadRequest, "empty" },
        { "cut", RunningServer.Images(1)[0][..200], HttpStatusCode.BadRequest, "image" },
        { "many pixels", Announcing(9000, 9000), HttpStatusCode.RequestEntityTooLarge, "9000" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task What_is_no_good_image_is_refused_with_its_real_kind(string what, byte[] body, HttpStatusCode status, string words)
    {
        HttpResponseMessage response = await server.Http.PostAsync(Address, new ByteArrayContent(body));

        Assert.True(status == response.StatusCode, $"{what}: {response.StatusCode}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonNode problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((int)status, (int)problem["status"]!);
        Assert.Contains(words, (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/models/other/predict", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/..%2f..%2fetc%2fpasswd/predict", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/tiny/detect", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/tiny/translate", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/tiny/predict?top=0", HttpStatusCode.BadRequest)]
    [InlineData("/v1/models/tiny/predict?top=many", HttpStatusCode.BadRequest)]
    public async Task What_there_is_not_is_a_problem_and_no_fault(string address, HttpStatusCode status)
    {
        HttpResponseMessage response = await server.Http.PostAsync(address, new ByteArrayContent(RunningServer.Images(1)[0]));

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("multipart/form-data", "--b\r\n\r\nx\r\n--b--")]
    [InlineData("multipart/form-data; boundary=b", "")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=image\r\n\r\nhalf")]
    [InlineData("multipart/form-data; boundary=b", "--b--")]
    public async Task A_damaged_form_is_refused(string type, string text)
    {
        StringContent body = new(text);
        body.Headers.Remove("Content-Type");
        body.Headers.TryAddWithoutValidation("Content-Type", type);

        Assert.Equal(HttpStatusCode.BadRequest, (await server.Http.PostAsync(Address, body)).StatusCode);
    }

    [Fact]
    public async Task Too_many_images_or_bytes_are_refused_before_they_are_decoded()
    {
        byte[] image = RunningServer.Images(1)[0];

        HttpResponseMessage many = await server.Http.PostAsync(Address, SharedServer.Form([.. Enumerable.Repeat(image, 17)]));
        using HttpRequestMessage large = new(HttpMethod.Post, Address) { Content = new ByteArrayContent(new byte[33 << 20]) };
        large.Headers.ExpectContinue = true;

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, many.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await server.Http.SendAsync(large)).StatusCode);
    }

    /// <summary>A PNG file that announces a size and has no data for it.</summary>
    private static byte[] Announcing(int width, int height)
    {
        byte[] png = PngEncoder.Encode(new Image(1, 1, 3, [1, 2, 3]));
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc32.HashToUInt32(png.AsSpan(12, 17)));
        return png;
    }
}
