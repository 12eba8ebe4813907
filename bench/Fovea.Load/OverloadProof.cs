using System.Globalization;

namespace Fovea.Load;

/// <summary>Four times as many requests as a server can answer: those that are admitted keep their latency, memory stays flat.</summary>
internal static class OverloadProof
{
    private const double Times = 4;
    private const double Usual = 0.8;
    private const double MostLatency = 3;
    private const double MostGrowth = 0.05;
    private const int Clients = 16;

    // What comes first is compiled, and the heap finds its size.
    private const int WindowsToSettle = 2;
    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(3);

    /// <summary>Measures the capacity, then the latencies below and beyond it.</summary>
    /// <param name="options">Network, images, program and options of the server.</param>
    /// <param name="seconds">Seconds of the overload.</param>
    public static async Task<bool> RunAsync(ServerOptions options, double seconds)
    {
        using Workplace place = new();
        string checkpoint = place.Save(options.Network, "model.safetensors", seed: 1);
        IReadOnlyList<Question> questions = Question.Of(Workplace.Images(options.Images), checkpoint);
        using ServerUnderTest server =
            await ServerUnderTest.StartFoveaAsync(options.Program, [$"--Fovea:Checkpoints:0=m={checkpoint}", .. options.Arguments]);
        using LoadGenerator load = new(new Uri(server.Address, "/v1/models/m/predict?top=1"), questions);
        LoadReport closed = await load.ClosedAsync(Clients, _warmUp, TimeSpan.FromSeconds(seconds / 6));
        Console.WriteLine($"{Clients} clients        {closed}");
        LoadReport usual = await load.OpenAsync(Usual * closed.Rate, _warmUp, TimeSpan.FromSeconds(seconds / 3));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Usual} of capacity   {usual}"));
        LoadReport beyond;
        IReadOnlyList<double> memory;
        double growth;
        await using (MemoryWatch watch = new(server))
        {
            beyond = await load.OpenAsync(Times * closed.Rate, _warmUp, TimeSpan.FromSeconds(seconds));
            (memory, growth) = (watch.Windows, watch.Spread(WindowsToSettle));
        }

        Console.WriteLine($"{Times} × capacity     {beyond}");
        Console.WriteLine($"MiB resident, means of 5 s: {string.Join(' ', memory.Select(bytes => $"{bytes / (1 << 20):F0}"))}");
        Verdicts verdicts = new();
        verdicts.AddRight(usual);
        verdicts.AddRight(beyond);
        verdicts.Add(beyond.Unanswered == 0, "no connection ended before its answer");
        verdicts.Add(beyond.Refused > 0, $"what is too much is refused ({beyond.Refused} requests)");
        (double p99, double usually) = (beyond.Percentile(0.99), usual.Percentile(0.99));
        verdicts.Add(
            p99 <= MostLatency * usually, $"p99 of the admitted, {p99:F0} ms, is {p99 / usually:F1} × that at {Usual} of capacity");
        verdicts.Add(growth <= MostGrowth, $"memory stays flat: {100 * growth:F1} % between the lowest and the highest five seconds");
        verdicts.Add(await server.IsReadyAsync(), "the server is ready afterwards");
        LoadReport after = await load.ClosedAsync(1, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        verdicts.Add(after.Right > 0 && after.Refused == 0, $"and answers: {after}");
        verdicts.Add(await server.StopAsync() == 0, "it ends with 0");
        return verdicts.AllHold;
    }
}
