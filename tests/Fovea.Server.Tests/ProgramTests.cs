using System.Net;
using System.Text.Json.Nodes;

namespace Fovea.Server.Tests;

/// <summary>Parts of the program around the API: keys, rates, the page, figures, exit codes.</summary>
public sealed class ProgramTests
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task Who_has_no_key_gets_health_and_the_page_and_nothing_else()
    {
        string keys = Path.GetTempFileName();
        await File.WriteAllTextAsync(keys, $"# for the tests\n{Key}\n");
        await using RunningServer server = await RunningServer.StartAsync($"--Fovea:ApiKeyFile={keys}");
        File.Delete(keys);

        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.GetAsync("/v1/models")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.GetAsync("/V1/models/tiny")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.GetAsync("/v2/models/tiny")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/v2/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/")).StatusCode);
        server.Http.DefaultRequestHeaders.Add("X-Api-Key", Key[..^1]);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.GetAsync("/v1/models")).StatusCode);
        server.Http.DefaultRequestHeaders.Remove("X-Api-Key");
        server.Http.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/v1/models")).StatusCode);
    }

    [Fact]
    public async Task A_client_that_asks_too_often_is_told_when_to_ask_again()
    {
        await using RunningServer server = await RunningServer.StartAsync("--Fovea:RequestsPerSecond=1");

        // So many that no machine is too slow to send two of them in a second.
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => server.Http.GetAsync("/v1/models")));

        HttpResponseMessage refused = answers.First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.Contains(answers, answer => answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task The_page_the_description_and_the_figures_are_there_and_come_from_here()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        HttpResponseMessage page = await server.Http.GetAsync("/");
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/../appsettings.json")).StatusCode);
        JsonNode description = JsonNode.Parse(await server.Http.GetStringAsync("/openapi/v1.json"))!;
        Assert.NotNull(description["paths"]!["/v1/models/{name}/predict"]!["post"]!["requestBody"]!["content"]!["multipart/form-data"]);
        Assert.DoesNotContain("https://", await server.Http.GetStringAsync("/scalar"), StringComparison.Ordinal);
        await server.Http.PostAsync("/v1/models/tiny/predict", new ByteArrayContent(RunningServer.Images(1)[0]));
        string figures = await server.Http.GetStringAsync("/metrics");
        Assert.Contains("fovea_batch_size_bucket", figures, StringComparison.Ordinal);
        Assert.Contains("fovea_phase_duration_seconds_count", figures, StringComparison.Ordinal);
        Assert.Contains("dotnet_process_memory_working_set", figures, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "--Fovea:Checkpoints:0=missing.safetensors")]
    [InlineData(2, "--Fovea:MaxBatch=0")]
    [InlineData(2, "--Fovea:ApiKeyFile=missing.txt")]
    public async Task What_cannot_be_served_ends_the_program_with_a_code_that_says_so(int code, string option) =>
        Assert.Equal(code, await ServerProgram.RunAsync(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", option]));

    [Theory]
    [InlineData("runs/first/best.safetensors", "first", "runs/first/best.safetensors")]
    [InlineData("cats=runs/first/best.safetensors", "cats", "runs/first/best.safetensors")]
    [InlineData("weights/resnet 50.pth", "resnet-50", "weights/resnet 50.pth")]
    public void A_model_is_named_after_its_file_or_its_folder(string checkpoint, string name, string path) =>
        Assert.Equal((name, path), ModelNames.Of(checkpoint));
}
