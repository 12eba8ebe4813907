namespace Fovea.Load;

/// <summary>
/// A model is replaced again and again while clients ask it: each answer is the old model's or the new one's, and none is lost.
/// </summary>
internal static class SwapProof
{
    private const int Clients = 8;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>Swaps a model.</summary>
    /// <param name="options">Network, images, program and options of the server.</param>
    /// <param name="swaps">Number of swaps.</param>
    public static async Task<bool> RunAsync(ServerOptions options, int swaps)
    {
        using Workplace place = new();
        string[] versions = [place.Save(options.Network, "a.tmp", seed: 1), place.Save(options.Network, "b.tmp", seed: 2)];
        IReadOnlyList<Question> questions = Question.Of(Workplace.Images(options.Images), versions);
        string served = Path.Combine(place.Models, "m.safetensors");
        File.Copy(versions[0], served);
        using ServerUnderTest server =
            await ServerUnderTest.StartFoveaAsync(options.Program, [$"--Fovea:Models={place.Models}", .. options.Arguments]);
        using LoadGenerator load = new(new Uri(server.Address, "/v1/models/m/predict?top=1"), questions);
        using CancellationTokenSource ending = new();
        LoadReport report = new();
        Task clients = load.ClosedAsync(Clients, report, ending.Token);
        int seen = 0;
        for (int swap = 1; swap <= swaps; swap++)
        {
            int next = swap % versions.Length;
            long before = report.By(next);
            string copy = Path.Combine(place.Models, "copy.tmp");
            File.Copy(versions[next], copy);
            File.Move(copy, served, overwrite: true);
            for (DateTime start = DateTime.UtcNow; report.By(next) == before && DateTime.UtcNow - start < _patience;)
            {
                await Task.Delay(10);
            }

            seen += report.By(next) > before ? 1 : 0;
        }

        await ending.CancelAsync();
        await clients;
        Verdicts verdicts = new();
        verdicts.Add(seen == swaps, $"{seen} of {swaps} swaps were answered by the new model");
        verdicts.AddRight(report);
        verdicts.Add(report.Unanswered + report.Refused == 0, "no request was lost or refused");
        verdicts.Add(await server.StopAsync() == 0, "the server ends with 0");
        return verdicts.AllHold;
    }
}
