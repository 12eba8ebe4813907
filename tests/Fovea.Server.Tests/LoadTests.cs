using System.Net;
using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Models;
using Fovea.Tasks;
using Microsoft.Extensions.DependencyInjection;

namespace Fovea.Server.Tests;

/// <summary>Load: shedding, draining, and the swap of a model.</summary>
public sealed class LoadTests
{
    private const string Address = "/v1/models/tiny/predict";

    [Fact]
    public async Task A_full_server_refuses_at_once_and_says_when_to_ask_again()
    {
        await using RunningServer server = await RunningServer.StartAsync("--Fovea:Queue=1", "--Fovea:MaxBatch=1", "--Fovea:Concurrency=1");
        byte[] image = RunningServer.Images(1)[0];
        using SlowContent first = new(image);
        using SlowContent second = new(image);
        Task<HttpResponseMessage>[] admitted = [server.Http.PostAsync(Address, first), server.Http.PostAsync(Address, second)];
        await Task.WhenAll(first.Started, second.Started);
        HttpResponseMessage refused = null!;
        await server.UntilAsync(async () =>
        {
            // Until the server has seen the beginnings of both, there is room.
            refused = await server.Http.PostAsync(Address, new ByteArrayContent(image));
            return !refused.IsSuccessStatusCode;
        });

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        first.Finish();
        second.Finish();
        Assert.All(await Task.WhenAll(admitted), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(HttpStatusCode.OK, (await server.Http.PostAsync(Address, new ByteArrayContent(image))).StatusCode);
    }

    [Fact]
    public async Task A_server_that_stops_answers_what_it_has_begun()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using SlowContent content = new(RunningServer.Images(1)[0]);
        Task<HttpResponseMessage> begun = server.Http.PostAsync(Address, content);
        await content.Started;
        ModelSet models = server.App.Services.GetRequiredService<ModelSet>();
        await server.UntilAsync(() => Task.FromResult(models.Current.Single().Admission.Admitted == 1));

        Task stopping = server.App.StopAsync();
        content.Finish();

        Assert.Equal(HttpStatusCode.OK, (await begun).StatusCode);
        await stopping;
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Http.GetAsync("/v2/health/live"));
    }

    [Fact]
    public async Task A_request_whose_client_left_gives_its_place_back()
    {
        await using RunningServer server = await RunningServer.StartAsync("--Fovea:Queue=1", "--Fovea:MaxBatch=1", "--Fovea:Concurrency=1");
        byte[] image = RunningServer.Images(1)[0];
        using (CancellationTokenSource leaving = new())
        using (SlowContent first = new(image))
        using (SlowContent second = new(image))
        {
            Task[] left =
            [
                server.Http.PostAsync(Address, first, leaving.Token),
                server.Http.PostAsync(Address, second, leaving.Token),
            ];
            await Task.WhenAll(first.Started, second.Started);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(left));
        }

        await server.UntilAsync(async () => (await server.Http.PostAsync(Address, new ByteArrayContent(image))).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_model_that_changes_in_its_folder_is_swapped_and_no_answer_is_lost_or_mixed_up()
    {
        string folder = RunningServer.NewFolder();
        string path = Path.Combine(folder, "tiny.safetensors");
        RunningServer.SaveClassifier(path, seed: 1);
        byte[][] images = RunningServer.Images(6);
        string[] before = Expected(path, images);
        await using RunningServer server = await RunningServer.StartAsync(folder, [$"--Fovea:Models={folder}"]);
        string next = Path.Combine(folder, "next.tmp");
        RunningServer.SaveClassifier(next, seed: 2);
        string[] after = Expected(next, images);
        Assert.Empty(before.Intersect(after));

        bool swapped = false;
        int asked = 0;
        Task[] clients =
        [
            .. Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
            {
                for (int i = client; !Volatile.Read(ref swapped) && i < 100_000; i++)
                {
                    string answer = await AskAsync(server.Http, images[i % images.Length]);
                    Assert.Contains(answer, (string[])[before[i % images.Length], after[i % images.Length]]);
                    Interlocked.Increment(ref asked);
                    await Task.Delay(5);
                }
            })),
        ];
        await server.UntilAsync(() => Task.FromResult(Volatile.Read(ref asked) > 8));
        File.Move(next, path, overwrite: true);
        await server.UntilAsync(async () => await AskAsync(server.Http, images[0]) == after[0]);
        Volatile.Write(ref swapped, true);
        await Task.WhenAll(clients);

        Assert.Equal(after, await Task.WhenAll(images.Select(image => AskAsync(server.Http, image))));
        File.WriteAllText(path, "no checkpoint");
        await Task.Delay(2500);
        Assert.Equal(after[0], await AskAsync(server.Http, images[0]));
    }

    [Fact]
    public async Task A_detector_finds_in_the_server_what_it_finds_outside()
    {
        string folder = RunningServer.NewFolder();
        string path = Path.Combine(folder, "best.safetensors");
        using (Model model = Model.Create("retinanet:resnet_nano", new ModelOptions(Classes: 2, Height: 64, Width: 64)))
        {
            Checkpoint.Save(path, model);
        }

        byte[] image = RunningServer.Images(1)[0];
        using Detector detector = Detector.Load(path);
        IReadOnlyList<Tasks.Detection> expected = detector.Detect(ImageFile.Decode(image, ""));
        await using RunningServer server = await RunningServer.StartAsync(folder, [$"--Fovea:Checkpoints:0=cells={path}"]);

        HttpResponseMessage response =
            await server.Http.PostAsync("/v1/models/cells/detect?threshold=0", new ByteArrayContent(image));

        JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["images"]![0]!;
        Assert.Equal((40, 36), ((int)answer["width"]!, (int)answer["height"]!));
        Assert.Equal(
            expected.Select(one => (one.Class, one.Score, one.Box.Left, one.Box.Bottom)),
            answer["detections"]!.AsArray().Select(one =>
                ((string)one!["class"]!, (float)one["score"]!, (float)one["box"]![0]!, (float)one["box"]![3]!)));
    }

    private static string[] Expected(string path, byte[][] images)
    {
        using Classifier classifier = Classifier.Load(path);
        return [.. images.Select(image => classifier.Predict(ImageFile.Decode(image, ""), 1)[0]).Select(Text)];
    }

    private static string Text(Prediction best) => FormattableString.Invariant($"{best.Class} {best.Probability}");

    private static async Task<string> AskAsync(HttpClient http, byte[] image)
    {
        HttpResponseMessage response = await http.PostAsync($"{Address}?top=1", new ByteArrayContent(image));
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        JsonNode best = JsonNode.Parse(text)!["predictions"]![0]!["classes"]![0]!;
        return Text(new Prediction((string)best["class"]!, (float)best["probability"]!));
    }

    /// <summary>An image whose second half comes when it is told to.</summary>
    private sealed class SlowContent(byte[] image) : HttpContent
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => _started.Task;

        public void Finish() => _finish.TrySetResult();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellation)
        {
            await stream.WriteAsync(image.AsMemory(0, image.Length / 2), cancellation);
            await stream.FlushAsync(cancellation);
            _started.TrySetResult();
            await _finish.Task.WaitAsync(cancellation);
            await stream.WriteAsync(image.AsMemory(image.Length / 2), cancellation);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = image.Length;
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            _finish.TrySetCanceled();
            base.Dispose(disposing);
        }
    }
}
