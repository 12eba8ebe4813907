using Fovea.Models;

namespace Fovea.Load;

/// <summary>Mutated requests by the thousand: no crash, no hang, no answer 500, and afterwards the server answers as before.</summary>
internal static class MutationProof
{
    private const int Round = 2_500;

    /// <summary>Sends mutated requests to a server of a classifier, a detector and a segmentation network.</summary>
    /// <param name="options">Program and options of the server.</param>
    /// <param name="first">Number of the first request.</param>
    /// <param name="count">Number of requests.</param>
    /// <param name="longest">Longest time that an answer may take.</param>
    public static async Task<bool> RunAsync(ServerOptions options, int first, int count, TimeSpan longest)
    {
        using Workplace place = new();
        (string Name, string Network, ModelOptions Options)[] models =
        [
            (RequestMutations.Classifier, "cmt_nano", new ModelOptions(Classes: 7)),
            (RequestMutations.Detector, "retinanet:resnet_nano", new ModelOptions(Classes: 2, Height: 64, Width: 64)),
            (RequestMutations.Segmenter, "semantic_fpn:resnet_nano", new ModelOptions(Classes: 4, Height: 64, Width: 64)),
        ];
        string[] checkpoints = [.. models.Select(model => place.Save(model.Network, $"{model.Name}.safetensors", seed: 1, model.Options))];
        IReadOnlyList<byte[]> images = Corpus();
        using ServerUnderTest server = await ServerUnderTest.StartFoveaAsync(
            options.Program, [.. checkpoints.Select((path, i) => $"--Fovea:Checkpoints:{i}={path}"), .. options.Arguments]);
        Verdicts verdicts = new();
        using MutationRun run = new(server.Address, new RequestMutations(images)) { MaxTime = longest };
        for (int done = 0; done < count; done += Round)
        {
            await run.RunAsync(first + done, Math.Min(Round, count - done));
            Console.WriteLine(
                $"{Math.Min(done + Round, count)} requests, {server.ResidentBytes >> 20} MiB: "
                + string.Join(", ", run.Statuses.OrderBy(pair => pair.Key).Select(pair => $"{(int)pair.Key}: {pair.Value}")));
        }

        foreach (string fault in run.Faults.Take(20))
        {
            Console.WriteLine(fault);
        }

        verdicts.Add(
            run.Faults.Count == 0, $"no answer 500, no hang, no lost connection; the longest took {run.Longest.TotalMilliseconds:F0} ms");
        verdicts.Add(await server.IsReadyAsync(), "the server is ready afterwards");
        using LoadGenerator load = new(
            new Uri(server.Address, $"/v1/models/{RequestMutations.Classifier}/predict?top=1"),
            Question.Of([.. Workplace.Images(null).Take(4)], checkpoints[0]));
        LoadReport after = await load.ClosedAsync(4, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        verdicts.AddRight(after);
        verdicts.Add(await server.StopAsync() == 0, "it ends with 0");
        return verdicts.AllHold;
    }

    /// <summary>Small images of every kind that is read.</summary>
    public static IReadOnlyList<byte[]> Corpus() => Workplace.Images(Path.Combine(AppContext.BaseDirectory, "corpus"));
}
