using Fovea.Checkpoints;
using Fovea.Load;
using Fovea.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Fovea.Server.Tests;

/// <summary>The proofs of <c>bench/serve</c>, each for a moment.</summary>
public sealed class ProofTests
{
    [Fact]
    public async Task More_clients_than_there_is_room_for_get_their_own_answers_or_are_refused()
    {
        await using RunningServer server = await RunningServer.StartAsync("--Fovea:Queue=1", "--Fovea:MaxBatch=2", "--Fovea:Concurrency=1");
        using LoadGenerator load = LoadOn(server);
        using CancellationTokenSource ending = new();
        LoadReport report = new();

        Task clients = load.ClosedAsync(12, report, ending.Token);
        await server.UntilAsync(() => Task.FromResult(report.Right > 50 && report.Refused > 0));
        await ending.CancelAsync();
        await clients;

        Assert.Equal((0L, 0L, 0L), (report.MixedUp, report.Failed, report.Unanswered));
        Assert.True((await server.Http.GetAsync("/v2/health/ready")).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_server_that_stops_under_load_answers_all_that_it_admitted()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        ServerMetrics metrics = server.App.Services.GetRequiredService<ServerMetrics>();
        using LoadGenerator load = LoadOn(server);
        LoadReport report = new();
        Task clients = load.ClosedAsync(6, report, CancellationToken.None);
        await server.UntilAsync(() => Task.FromResult(report.Right > 20));

        await server.App.StopAsync();
        await clients;

        Assert.Equal((report.Right, report.Right), (metrics.Admitted, metrics.Answered));
        Assert.Equal((0L, 0L), (report.MixedUp, report.Failed));
    }

    [Fact]
    public async Task Mutated_requests_get_an_answer_and_never_500()
    {
        string folder = RunningServer.NewFolder();
        Save(RequestMutations.Classifier, "cmt_nano", new ModelOptions(Classes: 7));
        Save(RequestMutations.Detector, "retinanet:resnet_nano", new ModelOptions(Classes: 2, Height: 64, Width: 64));
        SegmenterOptions small = new() { Channels = 8, NeckChannels = 8 };
        Save(RequestMutations.Segmenter, "semantic_fpn:resnet_nano", new ModelOptions(4, 64, 64, Segmenter: small));
        await using RunningServer server = await RunningServer.StartAsync(folder, [$"--Fovea:Models={folder}"]);
        using MutationRun run = new(server.Http.BaseAddress!, new RequestMutations(MutationProof.Corpus())) { MaxTime = TimeSpan.MaxValue };

        await run.RunAsync(first: 0, count: 300);

        Assert.Empty(run.Faults);
        Assert.Equal(300, run.Statuses.Values.Sum());
        Assert.True(run.Statuses.Count > 3, "mutations reach different errors");

        void Save(string name, string network, ModelOptions options)
        {
            using Model model = Model.Create(network, options);
            Checkpoint.Save(Path.Combine(folder, $"{name}.safetensors"), model);
        }
    }

    private static LoadGenerator LoadOn(RunningServer server) => new(
        new Uri(server.Http.BaseAddress!, "/v1/models/tiny/predict?top=1"), Question.Of(RunningServer.Images(5), server.ModelPath));
}
