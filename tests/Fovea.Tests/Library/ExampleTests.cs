using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;

namespace Fovea.Tests.Library;

/// <summary>The programs of examples/, run as a user runs them.</summary>
public sealed partial class ExampleTests : IClassFixture<ExampleTests.Trained>
{
    private readonly Trained _trained;

    public ExampleTests(Trained trained) => _trained = trained;

    [Fact]
    public void TrainingLoop_learns_and_writes_a_checkpoint()
    {
        Assert.True(double.Parse(Losses().Match(_trained.Output).Groups[1].Value, CultureInfo.InvariantCulture) < 2, _trained.Output);
        Assert.Matches(@"top-1 on 2000 test images: [\d.]+ %", _trained.Output);
        Assert.Contains("image.png shows: Ankle boot", _trained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ClassifyImage_names_three_classes_with_their_probabilities()
    {
        string[] lines = Run("ClassifyImage", _trained.Checkpoint, _trained.Image).Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.Matches(@"^\S.* +\d+\.\d %$", line));
        Assert.Equal([.. lines, .. lines], Run("ClassifyImage", _trained.Checkpoint, _trained.Image, _trained.Image).Split('\n'));
    }

    [Fact]
    public void BackboneFeatures_tells_the_stages_of_different_families()
    {
        string convolutional = Run("BackboneFeatures", "cmt_ti");
        Assert.Contains("stage3  stride 16  10x10x184", convolutional, StringComparison.Ordinal);
        Assert.Contains("pooled  1280", convolutional, StringComparison.Ordinal);
        Assert.Contains("two images: 2x", convolutional, StringComparison.Ordinal);
        Assert.Contains(" x 4 heads, 10x10 queries on 5x5 keys, first in ", convolutional, StringComparison.Ordinal);
        Assert.Contains(
            " 4 x 8 heads, 14x14 queries on 14x14 keys in groups of 7x7, 2 apart",
            Run("BackboneFeatures", "crossformer_t"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void NewLayer_trains_with_its_layer()
    {
        string output = Run("NewLayer");
        Assert.Contains("channels.fc1.weight", output, StringComparison.Ordinal);
        double[] losses = [.. Losses().Matches(output).Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.True(losses.Length == 4 && losses[^1] < 0.85 * losses[0], output);
    }

    [Fact]
    public void NewOperation_finds_the_whole_numbers() =>
        Assert.Contains("24 of 24 weights found: ", Run("NewOperation"), StringComparison.Ordinal);

    [Fact]
    public async Task ServeImages_answers_many_threads_alike_and_says_what_is_wrong()
    {
        using ChildProcess server = new(
            "dotnet",
            [Program("ServeImages"), "--urls", "http://127.0.0.1:0", "--checkpoint", _trained.Checkpoint],
            ChildProcess.Repository);
        using HttpClient client = new() { BaseAddress = new Uri(server.WaitFor("Now listening on: ")) };
        byte[] image = await File.ReadAllBytesAsync(_trained.Image);
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => Task.Run(async () =>
        {
            HttpResponseMessage response = await client.PostAsync("classify", new ByteArrayContent(image));
            return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
        })));
        string answer = Assert.Single(answers.Distinct());
        Assert.Matches("""^\[\{"class":".+","probability":0\.\d+\},\{.*\},\{.*\}\]$""", answer);

        HttpResponseMessage refusal = await client.PostAsync("classify", JsonContent.Create("no image"));
        Assert.Equal(HttpStatusCode.BadRequest, refusal.StatusCode);
        Assert.Contains("no picture of a known kind", await refusal.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static string Run(string example, params string[] arguments) =>
        ChildProcess.Dotnet(ChildProcess.Repository, [Program(example), .. arguments]);

    private static string Program(string example) =>
        Path.Combine(ChildProcess.Repository, "examples", example, "bin", ChildProcess.Configuration, "net10.0", $"{example}.dll");

    [GeneratedRegex(@"loss ([\d.]+)")]
    private static partial Regex Losses();

    /// <summary>What the example of a training loop leaves after a few steps.</summary>
    public sealed class Trained : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Trained() => Output = Run("TrainingLoop", "20", _folder.Path);

        public string Output { get; }

        public string Checkpoint => _folder.File("model.safetensors");

        public string Image => _folder.File("image.png");

        public void Dispose() => _folder.Dispose();
    }
}
